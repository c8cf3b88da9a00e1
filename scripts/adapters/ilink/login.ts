import type { Clock } from '../../core/clock.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Failure } from '../../protocol/ilink/failures.ts'
import { ilinkGetHeaders, ilinkHeaders } from '../../protocol/ilink/headers.ts'
import { type Credentials, type QrCode, type QrStatus, readQrCode, readQrStatus } from '../../protocol/ilink/login.ts'
import { qrCodeBody, uint32 } from '../../protocol/ilink/outgoing.ts'
import { API_BASE, CALLS, callUrl, qrStatusUrl } from '../../protocol/ilink/urls.ts'
import { type HttpRequest, request } from '../http.ts'
import { failureOf } from './client.ts'
import type { IlinkFacts } from './options.ts'

/** Login by QR code (IL §3). Nothing is logged here: links, codes and tokens are all there is. */
export interface LoginOptions {
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly facts: IlinkFacts
  /** Where each code is made, whatever server an earlier login was sent to. */
  readonly baseUrl?: string
  /** Of accounts that are here, the latest first: who scans for one of them keeps it. */
  readonly localTokens: readonly string[]
  /** To be shown as a QR code. */
  readonly onQr: (link: string, which: ShownCode) => void
  readonly onState: (state: LoginState) => void
  /** What the phone shows; null: whoever logs in has given up. */
  readonly askVerifyCode: (asked: {
    readonly wasWrong: boolean
    readonly signal: AbortSignal
  }) => Promise<string | null>
}

export interface ShownCode {
  /** 1 to 3. */
  readonly code: number
  readonly of: number
  /** At the latest. The server says nothing of it, and most end after one or two minutes. */
  readonly expiresInMs: number
}

export type LoginState =
  | 'waiting'
  | 'scanned'
  | 'verify_code_needed'
  /** Another data centre goes on with it. */
  | 'redirected'
  | 'expired'
  | 'blocked'
  /** It is asked again. */
  | 'no_answer'

export type LoginOutcome =
  | { readonly kind: 'confirmed'; readonly credentials: Credentials }
  /** One of the local tokens is for this bot, and the server takes it for valid: to be tried before it is believed. */
  | { readonly kind: 'already_bound' }
  | { readonly kind: 'failed'; readonly reason: LoginFailure }
  | { readonly kind: 'aborted' }

export type LoginFailure =
  /** Three codes, and none was confirmed. */
  | 'no_more_codes'
  /** No code could be had. */
  | 'no_answer'
  | 'refused'
  /** Confirmed, but without a bot or its token. */
  | 'incomplete'
  /** Nobody told the verify code. */
  | 'given_up'

/** "The first plus two refreshes" (IL §3). */
const MOST_CODES = 3
const CODE_LIFE_MS = 5 * 60_000
const PAUSE_MS = 1000
const QR_PAUSES_MS = [2000, 5000] as const
const MAX_BYTES = 64 * 1024

export async function login(options: LoginOptions): Promise<LoginOutcome> {
  const { signal } = options
  try {
    for (let code = 1; code <= MOST_CODES; code++) {
      const made = await makeCode(options)
      if (made.kind !== 'ok') return made
      options.onQr(made.link, { code, of: MOST_CODES, expiresInMs: CODE_LIFE_MS })
      const outcome = await follow(made.qrcode, options)
      if (outcome.kind !== 'over') return outcome
    }
    return { kind: 'failed', reason: 'no_more_codes' }
  } catch (error) {
    if (signal.aborted) return { kind: 'aborted' }
    throw error
  }
}

async function makeCode(options: LoginOptions): Promise<QrCode | Extract<LoginOutcome, { kind: 'failed' }>> {
  const { baseUrl = API_BASE, clock, facts, localTokens, signal } = options
  for (let attempt = 0; ; attempt++) {
    const headers = ilinkHeaders({ ...facts, uin: uint32(clock.random()) })
    const made = await ask(options, {
      url: callUrl(baseUrl, 'getQrCode'),
      init: { method: 'POST', headers, body: qrCodeBody(localTokens) },
      timeoutMs: CALLS.getQrCode.timeoutMs,
      read: readQrCode,
    })
    if (made.kind === 'ok') return made
    if (made.kind !== 'transport') return { kind: 'failed', reason: 'refused' }
    options.onState('no_answer')
    const pause = QR_PAUSES_MS[attempt]
    if (pause === undefined) return { kind: 'failed', reason: 'no_answer' }
    await clock.sleep(pause, signal)
  }
}

type Followed = LoginOutcome | { readonly kind: 'over' }

/** One code, until it ends in whichever way. */
async function follow(qrcode: string, options: LoginOptions): Promise<Followed> {
  const { clock, signal, onState } = options
  const ends = clock.monotonic() + CODE_LIFE_MS
  let base = options.baseUrl ?? API_BASE
  let verifyCode: string | undefined
  let told: LoginState | null = null

  function tell(state: LoginState): void {
    if (state !== told) onState(state)
    told = state
  }

  tell('waiting')
  while (clock.monotonic() < ends) {
    const status = await statusOf({ base, qrcode, verifyCode }, options)
    switch (status.kind) {
      case 'confirmed':
        return status
      case 'binded_redirect':
        return { kind: 'already_bound' }
      case 'incomplete':
        return { kind: 'failed', reason: 'incomplete' }
      case 'expired':
        tell('expired')
        return { kind: 'over' }
      case 'verify_code_blocked':
        tell('blocked')
        return { kind: 'over' }
      case 'need_verifycode': {
        tell('verify_code_needed')
        const typed = await askInTime({ wasWrong: verifyCode !== undefined, ms: ends - clock.monotonic() }, options)
        if (typed === 'late') return { kind: 'over' }
        if (typed.code === null) return { kind: 'failed', reason: 'given_up' }
        verifyCode = typed.code
        // "Re-poll at once" (IL §3).
        continue
      }
      case 'scaned':
        tell('scanned')
        // If one had been sent, it was right.
        verifyCode = undefined
        break
      case 'scaned_but_redirect':
        tell('redirected')
        verifyCode = undefined
        if (status.host !== null) base = `https://${status.host}`
        break
      case 'wait':
        // Some say it after `scaned` too, which is no way back.
        if (told === 'no_answer') tell('waiting')
        break
      case 'transport':
        // A poll that nobody answered is an empty one; anything else should be seen by who waits.
        if (status.errorClass !== 'timeout') tell('no_answer')
        break
      case 'unknown':
      case 'login_needed':
      case 'refused':
        break
    }
    await clock.sleep(PAUSE_MS, signal)
  }
  tell('expired')
  return { kind: 'over' }
}

function statusOf(
  { base, qrcode, verifyCode }: { base: string; qrcode: string; verifyCode: string | undefined },
  options: LoginOptions,
): Promise<QrStatus | Failure> {
  return ask(options, {
    url: qrStatusUrl(base, verifyCode === undefined ? { qrcode } : { qrcode, verifyCode }),
    // Without a token, and without what goes with one (IL §2).
    init: { method: 'GET', headers: ilinkGetHeaders(options.facts) },
    timeoutMs: CALLS.getQrStatus.timeoutMs,
    read: readQrStatus,
  })
}

type Asked<T> = Pick<HttpRequest, 'url' | 'init' | 'timeoutMs'> & {
  readonly read: (reply: Awaited<ReturnType<typeof request>>) => T
}

/** @throws the signal's reason */
async function ask<T>({ fetch, clock, signal }: LoginOptions, { read, ...what }: Asked<T>): Promise<T | Failure> {
  try {
    const reply = await request(fetch, clock, { ...what, maxBytes: MAX_BYTES, signal })
    // Also when it comes with the abort: a phone that has confirmed does not do so again.
    return read(reply)
  } catch (error) {
    signal.throwIfAborted()
    return failureOf(error)
  }
}

/** Nobody waits for somebody who has gone away, and a code that has ended needs no number any more. */
async function askInTime(
  { wasWrong, ms }: { wasWrong: boolean; ms: number },
  { askVerifyCode, clock, signal }: LoginOptions,
): Promise<'late' | { readonly code: string | null }> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const late = clock.sleep(ms, either).then(() => 'late' as const)
  late.catch(() => undefined)
  const typed = askVerifyCode({ wasWrong, signal: either }).then(code => ({ code }))
  typed.catch(() => undefined)
  try {
    // The sleep rejects with the signal's reason.
    return await Promise.race([typed, late])
  } finally {
    over.abort()
  }
}
