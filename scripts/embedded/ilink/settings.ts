/** Every number and every choice where the server's policy is not documented (IL §13): each one can be set while it runs. */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** IL "A faithful simulator must" D. */
export type SecondPoller = 'takeover' | 'steal' | 'queue'

/** IL "A faithful simulator must" E. */
export type CursorMode = 'consumed' | 'replay' | 'redeliver'

export type SendAnswer = 'empty' | 'object' | 'ret' | 'message_id' | 'in turn'
export type UploadAnswer = 'both' | 'full' | 'param' | 'neither'

export interface Settings {
  /** How long an empty poll is held. */
  holdMs: number
  /** `longpolling_timeout_ms`: the hold itself, another number (zero too), or null for none. */
  suggestedMs: number | 'hold' | null
  /** The most messages of one answer. */
  batchSize: number
  /** `shuffled`: what waits together leaves in any order. */
  order: 'written' | 'shuffled'
  secondPoller: SecondPoller
  cursorMode: CursorMode
  /** Of the mode `redeliver`: after the first time, again so long after it each. */
  redeliverAfterMs: readonly number[]
  /** Of the mode `redeliver`: nothing but `message_id` differs. */
  redeliverFreshIds: boolean
  /** `get_updates_buf` of an answer without messages: "a missing or empty value means keep the old one". */
  emptyPollCursor: 'same' | 'empty' | 'absent'
  emptyPollMsgs: 'empty' | 'absent'
  pollRet: 'zero' | 'absent'
  /** What a user wrote and the old bot never took, when a new bot takes its place: not documented. */
  mailOnNewBot: 'moves' | 'lost'

  qrHoldMs: number
  qrLifeMs: number
  /** How often a wrong number may be typed: the last of them blocks. */
  verifyTries: number
  /** How long `confirmed` can be read again: "must not rely on it" (IL §19). 0: once. */
  confirmedAgainMs: number

  /** Sends per message of the peer. */
  budget: number
  budgetErrmsg: string
  tokenLifeMs: number
  /** "-14: on sendmessage also a dead context_token." */
  staleToken: '-2' | '-14'
  missingToken: 'accept' | '-2' | '-3'
  largestTextBytes: number
  sendAnswer: SendAnswer
  /** `ret` 0, and nothing on the phone (IL §6). */
  blackHole: boolean
  /** Characters after which the phone's text ends silently; null: never. */
  cutTextAt: number | null
  /** Without `notifystart` only the first reply is shown (IL §4). */
  needsStart: boolean
  /** A repeated or empty `client_id` makes later messages of the same token invisible (IL §6, seed). */
  duplicatePoisons: boolean
  /** Parts of one text that come faster than this are flagged (IL §12). */
  shortestGapMs: number

  uploadAnswer: UploadAnswer
  /** "Ignoring the full URL made files above ~50–96 KB fail with HTTP 500": above so many bytes, null: never. */
  paramFormLimitBytes: number | null
  /** How long a file can be fetched; null: for good. */
  mediaLifeMs: number | null
  ticketLifeMs: number
  /** Typing without a keep-alive for so long stands for a turn that forgot to cancel: three of its keep-alives (IL §9). */
  typingSilenceMs: number
}

export function defaultSettings(holdMs = 35_000): Settings {
  return {
    // "The server holds ≤ 35 s and suggests 35000" (IL §5).
    holdMs,
    suggestedMs: 'hold',
    batchSize: 50,
    order: 'written',
    secondPoller: 'takeover',
    cursorMode: 'consumed',
    redeliverAfterMs: [1000, 8000, 40 * MINUTE_MS],
    redeliverFreshIds: false,
    emptyPollCursor: 'same',
    emptyPollMsgs: 'empty',
    pollRet: 'zero',
    mailOnNewBot: 'moves',

    // "The server holds ~30 s", "about 1 minute" (IL §3), "for 120 s after confirmation" (IL §19).
    qrHoldMs: Math.min(holdMs, 30_000),
    qrLifeMs: MINUTE_MS,
    verifyTries: 3,
    confirmedAgainMs: 2 * MINUTE_MS,

    // "After every 10 bot messages the user must write again; after every 24 h" (IL §13).
    budget: 10,
    budgetErrmsg: '',
    tokenLifeMs: 24 * HOUR_MS,
    staleToken: '-2',
    missingToken: '-3',
    largestTextBytes: 16_384,
    sendAnswer: 'message_id',
    blackHole: false,
    cutTextAt: null,
    needsStart: false,
    duplicatePoisons: false,
    shortestGapMs: 300,

    uploadAnswer: 'both',
    paramFormLimitBytes: 64 * 1024,
    mediaLifeMs: null,
    ticketLifeMs: 24 * HOUR_MS,
    typingSilenceMs: 15_000,
  }
}
