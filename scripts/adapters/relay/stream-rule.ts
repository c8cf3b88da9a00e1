/**
 * What to do with the streams that are open (design §3, RC §7.3.3-4), apart from the doing: at most two, the older one
 * never given up for the sole reason that it is silent.
 */
export interface ChannelView {
  /** Oldest first, two at most. Only the last one may still wait for its answer. */
  readonly streams: readonly StreamView[]
  /** Until another request for a stream may be made; 0 or less: now. */
  readonly retryInMs: number
  /** Until the older one of two silent streams may be given up for a new one. */
  readonly replaceInMs: number
  /** The relay refused a second stream of this address (RC §11), and the first one has not been heard since. */
  readonly secondRefused: boolean
}

export interface StreamView {
  readonly connected: boolean
  /** Since its last byte, pings too. */
  readonly silentMs: number
  /** Heard for so long without a silence in between. */
  readonly steadyMs: number
  /** A routine look into the inbox found what it should have brought. */
  readonly deaf: boolean
}

export type DropReason = 'deaf' | 'silent' | 'both_silent' | 'not_needed'

export type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  /** The first one, or one beside the one that is there. */
  | { readonly kind: 'open' }
  | { readonly kind: 'drop'; readonly index: 0 | 1; readonly reason: DropReason }
  /** Both are silent: when the relay can be reached, the older one makes room for a new one. */
  | { readonly kind: 'replace_older' }

/** A ping comes 30 s after the last byte (RC §6): above 35 s something is wrong, and a busy relay may be late. */
export const SILENT_MS = 45_000
/** RC §7.2: a link that was dead for so long has been given up by the relay's side too. */
const GIVEN_UP_MS = 20 * 60_000
/** Where a second one is refused, the only one is closed after so long a silence (design §3). */
const ALONE_GIVEN_UP_MS = 120_000
/**
 * The silent one was heard again, and both have been well for so long: whatever was held back has arrived. The older one
 * goes, because every message comes twice and a third one could not be opened if these two fell silent.
 */
const BOTH_WELL_MS = 5 * 60_000

export function nextStep(view: ChannelView): Step {
  const [older, younger] = view.streams
  if (older === undefined) return openOrWait(view)
  return younger === undefined ? besideOne(older, view) : besideTwo(older, younger, view)
}

function besideOne(only: StreamView, view: ChannelView): Step {
  // Hanging up before the head leaves a dead registration (RC §7.2): an unanswered request is heard out.
  if (!only.connected) return UNTIL_SOMETHING_HAPPENS
  if (only.deaf) return view.secondRefused ? drop(0, 'deaf') : openOrWait(view)
  if (only.silentMs < SILENT_MS) return wait(SILENT_MS - only.silentMs)
  if (!view.secondRefused) return openOrWait(view)
  return only.silentMs < ALONE_GIVEN_UP_MS ? wait(ALONE_GIVEN_UP_MS - only.silentMs) : drop(0, 'silent')
}

function besideTwo(older: StreamView, younger: StreamView, { replaceInMs }: ChannelView): Step {
  if (!younger.connected) return UNTIL_SOMETHING_HAPPENS
  if (older.deaf) return drop(0, 'deaf')
  const olderSilent = older.silentMs >= SILENT_MS
  const youngerSilent = younger.silentMs >= SILENT_MS
  if (olderSilent && youngerSilent) return replaceInMs > 0 ? wait(replaceInMs) : { kind: 'replace_older' }
  if (older.silentMs >= GIVEN_UP_MS) return drop(0, 'silent')
  if (younger.silentMs >= GIVEN_UP_MS) return drop(1, 'silent')
  const well = Math.min(older.steadyMs, younger.steadyMs)
  if (!olderSilent && !youngerSilent && well >= BOTH_WELL_MS) return drop(0, 'not_needed')
  return wait(
    Math.min(
      ...[older, younger].map(one => (one.silentMs < SILENT_MS ? SILENT_MS : GIVEN_UP_MS) - one.silentMs),
      olderSilent || youngerSilent ? Number.POSITIVE_INFINITY : BOTH_WELL_MS - well,
    ),
  )
}

function openOrWait({ retryInMs }: ChannelView): Step {
  return retryInMs > 0 ? wait(retryInMs) : { kind: 'open' }
}

function wait(ms: number): Step {
  return { kind: 'wait', ms }
}

function drop(index: 0 | 1, reason: DropReason): Step {
  return { kind: 'drop', index, reason }
}

const UNTIL_SOMETHING_HAPPENS: Step = { kind: 'wait', ms: Number.POSITIVE_INFINITY }
