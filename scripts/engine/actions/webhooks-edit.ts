import { z } from 'zod'
import { wrongValue } from '../../core/config/fields.ts'
import { invalidConfig } from '../../core/config/json.ts'
import { INBOUND_KINDS, type InboundKind, inboundKind, WEBHOOK_NAME } from '../../core/config/webhooks.ts'
import { ConfigError, UsageError } from '../../core/errors.ts'
import type { ConfigValue } from '../../store/config-edit.ts'

/** What commands change in the section `webhooks` of `config.json`. Whether the values are good is the parser's to say. */
export type WebhookEdit = z.output<typeof WEBHOOK_EDIT>

const name = z.string().regex(WEBHOOK_NAME)
const text = z.string().max(4000).optional()
const number = z.int().optional()

export const WEBHOOK_EDIT = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('create'), name, settings: outboundSettings() }),
  z.object({ verb: z.literal('update'), name, settings: outboundSettings() }),
  z.object({
    verb: z.literal('set-inbound'),
    name,
    settings: z.strictObject({ url: text, channel: text, secret: text, publicKey: text }),
    /** Signatures are checked from now on. */
    verify: z.boolean(),
  }),
  z.object({ verb: z.literal('switch'), name, enabled: z.boolean() }),
  z.object({ verb: z.literal('delete'), name }),
])

function outboundSettings() {
  return z.strictObject({
    url: text,
    events: z.array(z.string()).optional(),
    secret: text,
    retries: number,
    retryDelay: number,
    timeout: number,
    retryStatusCodes: z.array(z.int()).optional(),
  })
}

export interface WebhookEdited {
  readonly direction: Direction
  readonly created: boolean
  /** Made here: to be shown once, and never again. */
  readonly secret_made: string | null
  /** What signatures can not be checked without, and only the other side knows. */
  readonly lacks: 'secret' | 'public_key' | null
}

export type Direction = 'inbound' | 'outbound'

type Settings = Readonly<Record<string, unknown>>

const EDITED = { created: false, secret_made: null, lacks: null } as const

/** @throws ConfigError when that name is taken, or not there; UsageError */
export function editWebhooks(
  config: ConfigValue,
  edit: WebhookEdit,
  makeSecret: () => string,
): { config: ConfigValue; edited: WebhookEdited } {
  switch (edit.verb) {
    case 'create':
      requireFree(config, edit.name)
      return {
        config: withWebhook(config, 'outbound', edit.name, given(edit.settings)),
        edited: { ...EDITED, direction: 'outbound', created: true },
      }
    case 'update': {
      const { direction, settings } = find(config, edit.name)
      if (direction === 'inbound') throw isInbound(edit.name)
      return {
        config: withWebhook(config, direction, edit.name, { ...settings, ...given(edit.settings) }),
        edited: { ...EDITED, direction: 'outbound' },
      }
    }
    case 'set-inbound':
      return setInbound(config, edit, makeSecret)
    case 'switch': {
      const { direction, settings } = find(config, edit.name)
      const changed = (settings['enabled'] ?? true) !== edit.enabled
      const after = { ...settings, enabled: edit.enabled }
      return {
        config: changed ? withWebhook(config, direction, edit.name, after) : config,
        edited: { ...EDITED, direction },
      }
    }
    case 'delete': {
      const { direction } = find(config, edit.name)
      return { config: withWebhook(config, direction, edit.name, null), edited: { ...EDITED, direction } }
    }
  }
}

/** A new one checks signatures: nobody opens a door to everybody by leaving an option out. */
function setInbound(
  config: ConfigValue,
  { name, settings: changes, verify }: Extract<WebhookEdit, { verb: 'set-inbound' }>,
  makeSecret: () => string,
): { config: ConfigValue; edited: WebhookEdited } {
  const known = settingsOf(config, 'inbound', name)
  if (known === null) {
    requireFree(config, name)
    if (changes.url === undefined) throw newTakesUrl(name)
  }
  const isAsked = verify || known === null || changes.secret !== undefined || changes.publicKey !== undefined
  const settings: Settings = {
    ...(known ?? { path: `/webhook/${name}` }),
    ...given(changes),
    ...(isAsked ? { verifySignature: true } : {}),
  }
  const kind = kindOf(name, settings)
  const lacks = isAsked ? lackOf(kind, settings) : null
  // Discord and Slack make theirs themselves.
  const secret = lacks === 'secret' && kind !== 'slack' ? makeSecret() : null
  return {
    config: withWebhook(config, 'inbound', name, secret === null ? settings : { ...settings, secret }),
    edited: {
      direction: 'inbound',
      created: known === null,
      secret_made: secret,
      lacks: secret === null ? lacks : null,
    },
  }
}

function kindOf(name: string, { kind, channel }: Settings): InboundKind {
  const named = INBOUND_KINDS.find(one => one === kind)
  return named ?? inboundKind(name, typeof channel === 'string' ? channel : null)
}

function lackOf(kind: InboundKind, { secret, publicKey }: Settings): 'secret' | 'public_key' | null {
  if (kind === 'discord') return (publicKey ?? '') === '' ? 'public_key' : null
  return (secret ?? '') === '' ? 'secret' : null
}

/** What was left out stays as it is. */
function given(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function find(config: ConfigValue, name: string): { direction: Direction; settings: Settings } {
  for (const direction of ['outbound', 'inbound'] as const) {
    const settings = settingsOf(config, direction, name)
    if (settings !== null) return { direction, settings }
  }
  throw notThere(name)
}

function requireFree(config: ConfigValue, name: string): void {
  for (const direction of ['outbound', 'inbound'] as const) {
    if (settingsOf(config, direction, name) !== null) throw isTaken(name, direction)
  }
}

function settingsOf(config: ConfigValue, direction: Direction, name: string): Settings | null {
  const all = objectAt(objectAt(config, ['webhooks']), ['webhooks', direction])
  return Object.hasOwn(all, name) ? objectAt(all, ['webhooks', direction, name]) : null
}

/** @param settings null: it goes */
function withWebhook(config: ConfigValue, direction: Direction, name: string, settings: Settings | null): ConfigValue {
  const webhooks = objectAt(config, ['webhooks'])
  const all = new Map(Object.entries(objectAt(webhooks, ['webhooks', direction])))
  if (settings === null) all.delete(name)
  else all.set(name, settings)
  return { ...config, webhooks: { ...webhooks, [direction]: Object.fromEntries(all) } }
}

/** What is no object is somebody's mistake, and not to be written over. */
function objectAt(parent: Settings, path: readonly string[]): Settings {
  const value = parent[path.at(-1) ?? ''] ?? {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Settings
  throw invalidConfig([wrongValue(path, { en: 'an object: { … }', zh: '一个对象：{ … }' })])
}

const LIST_THEM = { en: 'See which there are: webhooks list', zh: '查看已有的：webhooks list' }

export function notThere(name: string): ConfigError {
  return new ConfigError(
    { en: `There is no webhook ${JSON.stringify(name)}.`, zh: `没有名为 ${JSON.stringify(name)} 的 webhook。` },
    { nextStep: LIST_THEM },
  )
}

function isTaken(name: string, direction: Direction): ConfigError {
  return new ConfigError(
    {
      en: `There is an ${direction} webhook ${JSON.stringify(name)} already.`,
      zh: `已有名为 ${JSON.stringify(name)} 的${direction === 'inbound' ? '入站' : '出站'} webhook。`,
    },
    {
      nextStep:
        direction === 'inbound'
          ? { en: 'Change it with: webhooks set-inbound', zh: '修改它：webhooks set-inbound' }
          : { en: 'Change it with: webhooks update', zh: '修改它：webhooks update' },
    },
  )
}

function isInbound(name: string): ConfigError {
  return new ConfigError(
    {
      en: `${JSON.stringify(name)} is an inbound webhook: it has none of these settings.`,
      zh: `${JSON.stringify(name)} 是入站 webhook：没有这些设置。`,
    },
    { nextStep: { en: 'Change it with: webhooks set-inbound', zh: '修改它：webhooks set-inbound' } },
  )
}

function newTakesUrl(name: string): UsageError {
  return new UsageError(
    {
      en: `There is no inbound webhook ${JSON.stringify(name)}; a new one takes --url, the public address that your proxy maps to it.`,
      zh: `没有名为 ${JSON.stringify(name)} 的入站 webhook；新建时需要 --url，即由你的代理转发到本机的公网地址。`,
    },
    { nextStep: { en: 'See: webhooks --help', zh: '参见：webhooks --help' } },
  )
}
