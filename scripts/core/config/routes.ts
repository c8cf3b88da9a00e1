import { z } from 'zod'
import { parseAddress } from '../address.ts'
import type { Bilingual } from '../i18n.ts'
import { type Field, field, optional, section, wrongValue } from './fields.ts'
import { WEBHOOK_NAME } from './webhooks.ts'
import { ACCOUNT_NAME } from './wechat.ts'

/** What is passed on by itself: from where, to whom, and which of it. */
export interface RouteConfig {
  readonly from: Place
  readonly to: RouteTarget
  readonly filter: RouteFilter
}

/** Where messages come from; null: from any of its kind. */
export type Place =
  | { readonly scheme: 'any' }
  | { readonly scheme: 'relay'; readonly id: number | null }
  | { readonly scheme: 'wechat'; readonly account: string | null; readonly user: string | null }
  | { readonly scheme: 'webhook'; readonly name: string | null }

export type RouteTarget =
  /** A notice in WeChat. `user` null: whoever scanned. */
  | { readonly kind: 'wechat'; readonly account: string; readonly user: string | null }
  /** Answers from WeChat find their way to people on the relay. */
  | { readonly kind: 'relay' }
  /** A sink, by its name: `webhook:ops`, `wechat_abot`. */
  | { readonly kind: 'sink'; readonly sink: string }

/** All that is asked for has to be so; null: nothing is asked. */
export interface RouteFilter {
  readonly types: readonly RoutedType[] | null
  /** However it is capitalised. */
  readonly contains: string | null
  readonly except: readonly Place[]
}

export type RoutedType = 'chat' | 'friend_request' | 'file' | 'system'

const ROUTED_TYPES: readonly RoutedType[] = ['chat', 'friend_request', 'file', 'system']

/** More are a mistake: each message is held against each of them. */
const MOST_ROUTES = 100

/** @returns null when it is no place */
export function readPlace(text: string): Place | null {
  switch (text) {
    case 'any':
      return { scheme: 'any' }
    case 'relay':
      return { scheme: 'relay', id: null }
    case 'wechat':
      return { scheme: 'wechat', account: null, user: null }
    case 'webhook':
      return { scheme: 'webhook', name: null }
  }
  const account = /^wechat:([^/]+)$/.exec(text)?.[1]
  if (account !== undefined) return ACCOUNT_NAME.test(account) ? { scheme: 'wechat', account, user: null } : null
  const address = parseAddress(text)
  switch (address?.scheme) {
    case 'relay':
      return address
    case 'wechat':
      return isAccountOf(address) ? address : null
    case 'webhook':
      return WEBHOOK_NAME.test(address.name) ? address : null
    case undefined:
      return null
  }
}

/** In the place of a user: whoever scanned. */
export const SCANNER = 'me'

function readTarget(text: string): RouteTarget | null {
  if (text === 'relay') return { kind: 'relay' }
  if (text === ABOT) return { kind: 'sink', sink: ABOT }
  const address = parseAddress(text)
  switch (address?.scheme) {
    case 'wechat': {
      const { account, user } = address
      // Who writes through the plugin's intake is reached by no account of ours.
      if (!isAccountOf(address) || account === 'abot') return null
      return { kind: 'wechat', account, user: user === SCANNER ? null : user }
    }
    case 'webhook':
      return WEBHOOK_NAME.test(address.name) ? { kind: 'sink', sink: `webhook:${address.name}` } : null
    default:
      return null
  }
}

const ABOT = 'wechat_abot'

function isAccountOf({ account, user }: { readonly account: string; readonly user: string }): boolean {
  return ACCOUNT_NAME.test(account) && /^\P{Cc}{1,200}$/u.test(user)
}

const place = z.string().refine(text => readPlace(text) !== null)

const ROUTE = section({
  from: field(place, {
    en: '"any", "relay", "#2", "wechat", "wechat:main", "wechat:main/me", "wechat:main/<user>", "webhook" or "webhook:<name>"',
    zh: '"any"、"relay"、"#2"、"wechat"、"wechat:main"、"wechat:main/me"、"wechat:main/<用户>"、"webhook" 或 "webhook:<名称>"',
  }),
  to: field(
    z.string().refine(text => readTarget(text) !== null),
    {
      en: '"wechat:main/me", "wechat:main/<user>", "relay", "webhook:<name>" or "wechat_abot"',
      zh: '"wechat:main/me"、"wechat:main/<用户>"、"relay"、"webhook:<名称>" 或 "wechat_abot"',
    },
  ),
  filter: optional(
    section({
      types: field(z.array(z.enum(ROUTED_TYPES)).min(1).nullish(), {
        en: `a list of ${ROUTED_TYPES.map(type => `"${type}"`).join(', ')}`,
        zh: `由 ${ROUTED_TYPES.map(type => `"${type}"`).join('、')} 组成的列表`,
      }),
      contains: field(z.string().min(1).max(200).nullish(), {
        en: 'a text of 1 to 200 characters',
        zh: '1 到 200 个字符的文本',
      }),
      except: field(z.array(place).max(1000).nullish(), {
        en: 'a list of places such as ["#2", "webhook:ops"]',
        zh: '来源列表，例如 ["#2", "webhook:ops"]',
      }),
    }),
  ),
})

export const ROUTES_SECTION = listOf(ROUTE)

/** What is wrong with one of them is said of that one: `routes.0.to`. */
function listOf<Schema extends z.ZodType>(one: Field<Schema>): Field<z.ZodArray<Schema>> {
  return {
    schema: z.array(one.schema).max(MOST_ROUTES),
    takes: { en: 'a list: [{ "from": …, "to": … }]', zh: '一个列表：[{ "from": …, "to": … }]' },
    below: { keys: null, field: () => one },
  }
}

type Typed = z.output<typeof ROUTES_SECTION.schema>

export function readRoutes(typed: Typed | null | undefined): RouteConfig[] {
  return (typed ?? []).flatMap(({ from, to, filter }) => {
    const [source, target] = [readPlace(from), readTarget(to)]
    if (source === null || target === null) return []
    return [
      {
        from: source,
        to: target,
        filter: {
          types: filter?.types ?? null,
          contains: filter?.contains ?? null,
          except: (filter?.except ?? []).flatMap(text => readPlace(text) ?? []),
        },
      },
    ]
  })
}

/** What no single key can tell, of what was typed: whatever else may be wrong with it. */
export function routeConflicts(value: Readonly<Record<string, unknown>>): Bilingual[] {
  const routes: unknown = value['routes']
  if (!Array.isArray(routes)) return []
  return routes.slice(0, MOST_ROUTES).flatMap((route: unknown, i) => {
    const [from, to] = [memberOf(route, 'from'), memberOf(route, 'to')]
    const source = typeof from === 'string' ? readPlace(from) : null
    const target = typeof to === 'string' ? readTarget(to) : null
    const path = ['routes', String(i), 'to']
    if (target?.kind === 'sink' && !hasSink(value, target.sink)) return noSuchSink(path)
    if (source === null || target === null) return []
    if (target.kind === 'relay' && source.scheme !== 'wechat') return wrongValue(path, FROM_WECHAT_ALONE)
    return isLoop(source, target) ? wrongValue(path, ANOTHER_ACCOUNT) : []
  })
}

const FROM_WECHAT_ALONE: Bilingual = {
  en: '"relay" only where "from" is "wechat…": an answer needs somebody who writes it',
  zh: '仅当 "from" 为 "wechat…" 时才能用 "relay"：回复需要有人来写',
}

const ANOTHER_ACCOUNT: Bilingual = {
  en: 'another WeChat account than the one in "from": messages would go round in a circle',
  zh: '与 "from" 不同的微信账号：否则消息会循环',
}

function isLoop(from: Place, to: RouteTarget): boolean {
  return to.kind === 'wechat' && from.scheme === 'wechat' && from.account === to.account
}

function hasSink(value: Readonly<Record<string, unknown>>, sink: string): boolean {
  if (sink === ABOT) return value[ABOT] !== undefined && value[ABOT] !== null
  const outbound = memberOf(value['webhooks'], 'outbound')
  return typeof outbound === 'object' && outbound !== null && Object.hasOwn(outbound, sink.slice('webhook:'.length))
}

function noSuchSink(path: readonly string[]): Bilingual {
  return wrongValue(path, {
    en: 'a name that stands under webhooks.outbound, or "wechat_abot" where there is such a section',
    zh: 'webhooks.outbound 中已有的名称；有 wechat_abot 配置时也可为 "wechat_abot"',
  })
}

function memberOf(value: unknown, key: string): unknown {
  return Reflect.get(Object(value), key)
}
