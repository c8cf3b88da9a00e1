/** Faults of any route: which, how often, under which condition. They live in memory; a restarted server has none. */

import type { RecordedRequest } from './request-log.ts'
import type { Wire } from './wire.ts'

export type RouteName =
  | 'qr'
  | 'qr status'
  | 'updates'
  | 'send'
  | 'upload url'
  | 'config'
  | 'typing'
  | 'start'
  | 'stop'
  | 'upload'
  | 'download'

export type Fault =
  /** Any status, in place of the answer: 401, 502, 524, and for the CDN 200 without its header, 201, 403 with a reason. */
  | {
      readonly kind: 'http'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'empty body' }
  | { readonly kind: 'invalid json' }
  /** A body of the test's own making. */
  | { readonly kind: 'json'; readonly body: Wire }
  /** "A business error: HTTP 200 with non-zero ret and/or errcode" (IL §1). */
  | { readonly kind: 'ret'; readonly ret?: number; readonly errcode?: number; readonly errmsg?: string }
  /** -14, in its three forms one after the other. */
  | { readonly kind: 'session timeout' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hang' }
  /** The connection ends without an answer. */
  | { readonly kind: 'reset' }
  /** Half the answer, then the connection ends. */
  | { readonly kind: 'half' }
  /** Half the body as if it were the whole. */
  | { readonly kind: 'truncated' }
  /** As many other bytes as the answer has. */
  | { readonly kind: 'wrong bytes' }
  /** The body in pieces, so long apart. */
  | { readonly kind: 'slow'; readonly pieces: number; readonly everyMs: number }

export interface FaultRule {
  /** `with bearer`: all but the QR code and the CDN. */
  readonly route: RouteName | 'any' | 'with bearer'
  readonly fault: Fault
  /** How many requests it hits. Default 1. `until login`: until a QR code is confirmed. */
  readonly times?: number | 'always' | 'until login'
  /** Requests that pass before the first hit. */
  readonly after?: number
  /** The share of requests it hits, by the seed. */
  readonly chance?: number
  /** Ends after so long, whatever `times` says. */
  readonly forMs?: number
  /** Each hit makes it last so much longer: "each attempt during a throttle may prolong it" (IL §13). */
  readonly prolongMs?: number
  readonly when?: (request: RecordedRequest) => boolean
  /** Whether the request is carried out all the same: what is lost then is the answer only. */
  readonly isHandled?: boolean
}

export interface FaultHandle {
  hits(): number
  remove(): void
}

export interface Hit {
  readonly fault: Fault
  readonly isHandled: boolean
}

export interface FaultBook {
  add(rule: FaultRule): FaultHandle
  /** What hits this request, if anything: the oldest rule that applies. */
  take(route: { readonly name: RouteName; readonly auth: string }, request: RecordedRequest): Hit | null
  loggedIn(): void
  clear(): void
}

interface Entry {
  readonly rule: FaultRule
  passed: number
  hits: number
  endsAt: number
}

function concerns({ route: named }: FaultRule, { name, auth }: { name: RouteName; auth: string }): boolean {
  return named === name || named === 'any' || (named === 'with bearer' && auth === 'bearer')
}

/** These need an answer that they can spoil. */
const SPOILS: readonly Fault['kind'][] = ['half', 'truncated', 'wrong bytes', 'slow']

export function createFaultBook({ now, chance }: { now: () => number; chance: () => number }): FaultBook {
  const entries = new Set<Entry>()

  function hits(entry: Entry, request: RecordedRequest): boolean {
    const { rule } = entry
    if (rule.when?.(request) === false) return false
    entry.passed += 1
    if (entry.passed <= (rule.after ?? 0)) return false
    return rule.chance === undefined || chance() < rule.chance
  }

  function isOver({ rule, hits, endsAt }: Entry): boolean {
    const { times = rule.forMs === undefined ? 1 : 'always' } = rule
    return endsAt <= now() || (typeof times === 'number' && hits >= times)
  }

  return {
    add(rule) {
      const entry: Entry = { rule, passed: 0, hits: 0, endsAt: now() + (rule.forMs ?? Number.POSITIVE_INFINITY) }
      entries.add(entry)
      return { hits: () => entry.hits, remove: () => void entries.delete(entry) }
    },
    take(route, request) {
      for (const entry of entries) {
        const { rule } = entry
        if (isOver(entry)) entries.delete(entry)
        else if (concerns(rule, route) && hits(entry, request)) {
          entry.hits += 1
          entry.endsAt += rule.prolongMs ?? 0
          return { fault: rule.fault, isHandled: rule.isHandled ?? SPOILS.includes(rule.fault.kind) }
        }
      }
      return null
    },
    loggedIn() {
      for (const entry of entries) if (entry.rule.times === 'until login') entries.delete(entry)
    },
    clear: () => entries.clear(),
  }
}
