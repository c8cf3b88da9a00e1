import { z } from 'zod'
import { addressKey, parseAddress } from '../address.ts'
import type { Bilingual } from '../i18n.ts'
import { field, missing, section } from './fields.ts'
import { isGatewayUrl } from './places.ts'

/** How the agent is woken (OI §3). */
export interface WakeConfig {
  /** Of the hooks of the gateway; without a slash at its end. */
  readonly url: string
  readonly token: string
  readonly mode: WakeMode
  readonly agentId: string | null
  /** The name of the mapping in OpenClaw; there is one in mode `mapping`. */
  readonly mapping: string | null
  readonly sessionKey: string | null
  /** Addresses, as keys, of those whose messages wake nobody. */
  readonly muted: readonly string[]
  /** By the clock of this machine; the same day, or over midnight. */
  readonly quietHours: { readonly from: number; readonly to: number } | null
}

export type WakeMode = 'wake' | 'agent' | 'mapping'

const MODES: readonly WakeMode[] = ['wake', 'agent', 'mapping']

/** One part of an address. */
const SEGMENT = /^[\w.-]{0,64}$/
const ID_TAKES: Bilingual = {
  en: 'up to 64 of letters, digits, "_", "-" and ".", or null',
  zh: '最多 64 个字母、数字、"_"、"-"、"."，或 null',
}
const MAPPING_TAKES: Bilingual = {
  en: 'the name of the mapping in OpenClaw, such as "openwechat"',
  zh: 'OpenClaw 中映射的名称，例如 "openwechat"',
}
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d'

export const WAKE_SECTION = section({
  url: field(z.string().refine(isGatewayUrl).optional(), {
    en: 'the hooks of your OpenClaw gateway, such as "http://localhost:18789/hooks": on this machine, or https',
    zh: 'OpenClaw 网关的 hooks 地址，例如 "http://localhost:18789/hooks"：须在本机或使用 https',
  }),
  token: field(z.string().regex(/^[\x21-\x7e]{1,512}$/), {
    en: 'the hooks.token of OpenClaw',
    zh: 'OpenClaw 的 hooks.token',
  }),
  mode: field(z.enum(MODES).default('wake'), {
    en: MODES.map(mode => `"${mode}"`).join(', '),
    zh: MODES.map(mode => `"${mode}"`).join('、'),
  }),
  agentId: field(z.string().regex(SEGMENT).nullish(), ID_TAKES),
  mapping: field(z.string().regex(SEGMENT).nullish(), MAPPING_TAKES),
  sessionKey: field(
    z
      .string()
      .regex(/^[\x21-\x7e]{0,200}$/)
      .nullish(),
    { en: 'a session key such as "hook:openwechat", or null', zh: '会话键，例如 "hook:openwechat"，或 null' },
  ),
  muted: field(
    z
      .array(z.string().refine(text => parseAddress(text) !== null))
      .max(1000)
      .default([]),
    {
      en: 'a list of addresses such as ["#2", "webhook:ops"]',
      zh: '地址列表，例如 ["#2", "webhook:ops"]',
    },
  ),
  quietHours: field(z.string().refine(isQuietHours).nullish(), {
    en: 'hours such as "23:00-07:00", or null',
    zh: '时段，例如 "23:00-07:00"，或 null',
  }),
})

type Typed = z.output<typeof WAKE_SECTION.schema>

export function readWake(typed: Typed | null | undefined, gatewayPort: number): WakeConfig | null {
  if (typed === undefined || typed === null) return null
  return {
    url: (typed.url ?? `http://localhost:${gatewayPort}/hooks`).replace(/\/+$/, ''),
    token: typed.token,
    mode: typed.mode,
    agentId: typed.agentId || null,
    mapping: typed.mapping || null,
    sessionKey: typed.sessionKey || null,
    muted: typed.muted.flatMap(text => parseAddress(text) ?? []).map(addressKey),
    quietHours: quietHoursOf(typed.quietHours),
  }
}

function isQuietHours(text: string): boolean {
  const [from, to] = text.split('-')
  return new RegExp(`^${TIME}-${TIME}$`).test(text) && from !== to
}

function quietHoursOf(text: string | null | undefined): WakeConfig['quietHours'] {
  const [from, to] = (text ?? '').split('-').map(minutesOf)
  return from === undefined || to === undefined ? null : { from, to }
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** What no single key can tell: the mode says where, and the mapping which one. */
export function missingMapping(value: unknown): Bilingual[] {
  const { mode, mapping } = Object(value) as { mode?: unknown; mapping?: unknown }
  return mode === 'mapping' && (mapping ?? '') === '' ? [missing(['wake', 'mapping'], MAPPING_TAKES)] : []
}
