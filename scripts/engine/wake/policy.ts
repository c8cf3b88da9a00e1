import type { PokeReason } from '../../protocol/wake/poke.ts'

/** When to wake the agent (OI §3.6): a function of what is known, so that years of it can be tried in no time. */

/** What happened so far. All times are milliseconds since the epoch. */
export interface PokeHistory {
  /** Pokes that were taken since the agent's position moved. */
  readonly pokesSinceRead: number
  readonly lastPokeAt: number | null
  /** The newest unread message of the last poke. */
  readonly pokedSeq: number
  /** When the agent's position moved last. */
  readonly readAt: number | null
}

/** Minutes of the day by the clock on the wall, such as 23:00 to 07:00. */
export interface QuietHours {
  readonly from: number
  readonly to: number
}

export interface PokeFacts {
  readonly now: number
  /** Of those who are not muted; null: everything is read. */
  readonly newestUnread: number | null
  /** Of the messages behind the last poke: when the first and the newest one were noticed. */
  readonly firstNewAt: number | null
  readonly lastNewAt: number | null
  /** Something else that the owner should hear of, and has not heard yet. */
  readonly alert: 'token_refused' | 'stream_down' | 'login_needed' | null
  /** Pokes that were taken, newest first; no more than `BRAKE_POKES` are looked at. */
  readonly recentPokes: readonly number[]
  readonly quietHours: QuietHours | null
  /** The last try failed, and the next one is not to be made before. */
  readonly notBefore: number | null
}

export type Decision =
  | { readonly kind: 'poke'; readonly reason: PokeReason }
  /** `kind`: why not now. */
  | { readonly kind: 'wait' | 'quiet' | 'braked'; readonly reason: PokeReason; readonly untilMs: number }
  /** It was told often enough. What comes now is told, but seldom; null: nothing has come. */
  | { readonly kind: 'exhausted'; readonly untilMs: number | null }
  | { readonly kind: 'idle' }

/** Somebody who writes three lines is one reason, not three. */
const SETTLE_MS = 2000
const LONGEST_SETTLE_MS = 10_000
/** Each poke is a whole turn of the agent (OI §0.5). */
const BETWEEN_POKES_MS = 60_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** After the first, the second and every further poke that changed nothing. */
const AGAIN_MS = [10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS] as const
const MOST_POKES = 8
const CORRECTED_MS = MINUTE_MS
/** More than that in an hour are two programs that answer each other. */
export const BRAKE_POKES = 20
export const BRAKE_MS = HOUR_MS

export function decide(history: PokeHistory, facts: PokeFacts): Decision {
  const { now } = facts
  const due = nextDue(history, facts)
  if (due === null) return { kind: 'idle' }
  if (due.exhausted && (due.at === null || due.at > now)) return { kind: 'exhausted', untilMs: due.at }

  const { reason } = due
  const spaced = past(history.lastPokeAt, now) + BETWEEN_POKES_MS
  const untilMs = Math.max(due.at ?? now, spaced, facts.notBefore ?? 0)
  const quietEnd = quietUntil(now, facts.quietHours)
  if (quietEnd !== null) return { kind: 'quiet', reason, untilMs: Math.max(quietEnd, untilMs) }
  const brakeEnd = brakedUntil(facts)
  if (brakeEnd !== null) return { kind: 'braked', reason, untilMs: Math.max(brakeEnd, untilMs) }
  return untilMs > now ? { kind: 'wait', reason, untilMs } : { kind: 'poke', reason }
}

interface Due {
  readonly reason: PokeReason
  /** null: never. */
  readonly at: number | null
  readonly exhausted: boolean
}

function nextDue(history: PokeHistory, facts: PokeFacts): Due | null {
  const { now, alert, newestUnread } = facts
  if (alert !== null) return { reason: alert, at: now, exhausted: false }
  if (newestUnread === null) return null
  const exhausted = history.pokesSinceRead >= MOST_POKES
  if (newestUnread > history.pokedSeq) return { reason: 'new_messages', at: newDue(history, facts), exhausted }
  return { reason: 'not_read', at: exhausted ? null : againDue(history, now), exhausted }
}

/** A gateway may have lost all eight with a restart: what is new is told even then, as seldom as the last of them. */
function newDue({ pokesSinceRead, lastPokeAt }: PokeHistory, { now, firstNewAt, lastNewAt }: PokeFacts): number {
  const settled = Math.min(past(lastNewAt, now) + SETTLE_MS, past(firstNewAt, now) + LONGEST_SETTLE_MS)
  return pokesSinceRead < MOST_POKES ? settled : Math.max(settled, past(lastPokeAt, now) + AGAIN_MS[2])
}

/** Who reads some and leaves the rest is reminded too, counted from there. */
function againDue({ pokesSinceRead, lastPokeAt, readAt }: PokeHistory, now: number): number {
  const step = Math.min(Math.max(pokesSinceRead, 1), AGAIN_MS.length) - 1
  return Math.max(past(lastPokeAt, now), past(readAt, now)) + (AGAIN_MS[step] ?? AGAIN_MS[2])
}

/** So many within an hour, and then none for an hour: derived from the log, so a restart does not release it. */
function brakedUntil({ now, recentPokes }: PokeFacts): number | null {
  const known = recentPokes.filter(at => at <= now)
  const [newest] = known
  const first = known[BRAKE_POKES - 1]
  if (newest === undefined || first === undefined || newest - first >= BRAKE_MS) return null
  const end = newest + BRAKE_MS
  return end > now ? end : null
}

/** A clock that was set back, more than clocks are corrected, must not make anybody wait for what it showed before. */
function past(time: number | null, now: number): number {
  return time === null || time > now + CORRECTED_MS ? 0 : Math.min(time, now)
}

const MINUTES_A_DAY = 24 * 60

/**
 * The end of the quiet hours that `now` lies in; null when it lies in none. Looked for minute by minute, because on two
 * days of the year the clock on the wall does not go on evenly.
 */
export function quietUntil(now: number, hours: QuietHours | null): number | null {
  if (hours === null || !isQuiet(now, hours)) return null
  let at = now - (now % MINUTE_MS)
  for (let n = 0; n < 2 * MINUTES_A_DAY && isQuiet(at, hours); n++) at += MINUTE_MS
  return at
}

function isQuiet(at: number, { from, to }: QuietHours): boolean {
  const time = new Date(at)
  const minutes = time.getHours() * 60 + time.getMinutes()
  return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to
}
