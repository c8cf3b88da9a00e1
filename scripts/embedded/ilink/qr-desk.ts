/** QR codes and the way of each from `wait` to its end (IL §3, duty C). */

import type { Bot } from './bots.ts'
import { row } from './database.ts'
import type { Origin } from './request-log.ts'
import type { Stores } from './world.ts'

/** What the server does with a scan; each way is chosen by whoever scans. */
export interface ScanScript {
  /** The number that the phone shows and the client has to be told: `need_verifycode`. */
  readonly verifyCode?: string
  /** Another data centre serves this user; `without host` leaves out `redirect_host`. */
  readonly redirect?: 'with host' | 'without host'
  /** A status that no client knows, answered once. */
  readonly unknownStatus?: string
  /** "Accept `scanned` too". */
  readonly scannedWord?: 'scaned' | 'scanned'
  /** Of the confirmed answer: absent → login failed. */
  readonly leaveOutBotId?: boolean
  /** "Accept `base_url` too"; "fall back to the default when absent". */
  readonly baseUrlName?: 'baseurl' | 'base_url' | 'absent'
}

export interface Qr {
  readonly code: string
  /** The deep link that a client shows as a picture. */
  readonly link: string
  readonly localTokens: readonly string[]
  /** `wait`, what is still to be said after the scan in its order, or an end. */
  status: string
  ahead: string[]
  /** What the client was told last. */
  told: string | null
  deadline: number
  script: ScanScript
  userId: string | null
  /** Where the login goes on. */
  origin: Origin
  isConfirmed: boolean
  wrongNumbers: number
  /** The bot that came of it. */
  botId: string | null
}

export const ENDS: readonly string[] = ['confirmed', 'expired', 'verify_code_blocked', 'binded_redirect']

export interface QrDesk {
  make(localTokens: readonly string[]): Qr
  find(code: string): Qr | null
  /** The newest one. */
  last(): Qr | null
  scan(code: string, userId: string, script: ScanScript): void
  /** The number that was typed on the client. */
  tryNumber(qr: Qr, number: string): 'right' | 'wrong' | 'blocked'
  /** The client was told the status: what was to be said once is said. */
  told(qr: Qr, status: string): void
  confirm(code: string): void
  expire(code: string): void
  /** Calls at each change, until the returned function was called. */
  watch(code: string, onChange: () => void): () => void
}

/** `bind` makes the bot, and ends the one before it. */
export function createQrDesk(stores: Stores, bind: (userId: string, origin: Origin) => Bot): QrDesk {
  const { sql, clock, ids, settings, bots } = stores
  const save = sql.prepare(
    'INSERT INTO qrcodes (code, doc) VALUES (:code, :doc) ON CONFLICT (code) DO UPDATE SET doc = :doc',
  )
  const find = sql.prepare('SELECT doc FROM qrcodes WHERE code = :code')
  const newest = sql.prepare('SELECT code FROM qrcodes ORDER BY made DESC LIMIT 1')
  const watchers = new Map<string, Set<() => void>>()

  function keep(qr: Qr): void {
    save.run({ code: qr.code, doc: JSON.stringify(qr) })
    for (const onChange of [...(watchers.get(qr.code) ?? [])]) onChange()
  }

  function read(code: string): Qr | null {
    const found = row<{ doc: string }>(find, { code })
    if (found === undefined) return null
    const qr: Qr = JSON.parse(found.doc)
    // A code ends by itself, whether or not anybody looks; `confirmed` can be read for a while.
    const hasEnded = ENDS.includes(qr.status) && qr.status !== 'confirmed'
    if (!hasEnded && clock.now() >= qr.deadline) qr.status = 'expired'
    return qr
  }

  function must(code: string): Qr {
    const qr = read(code)
    if (qr === null) throw new Error('no such QR code')
    return qr
  }

  function finish(qr: Qr): void {
    const { userId } = qr
    if (userId === null) throw new Error('nobody has scanned it')
    qr.botId = bind(userId, qr.origin).id
    qr.status = 'confirmed'
    qr.deadline = clock.now() + (settings.confirmedAgainMs || settings.qrLifeMs)
  }

  function step(qr: Qr): void {
    qr.status = qr.ahead.shift() ?? qr.status
    if (qr.status === qr.script.scannedWord && qr.isConfirmed) finish(qr)
  }

  return {
    make(localTokens) {
      const code = ids.hex('qr', 16)
      const qr: Qr = {
        code,
        link: `https://liteapp.weixin.qq.com/q/${ids.hex('qr link', 8)}?qrcode=${code}&bot_type=3`,
        localTokens,
        status: 'wait',
        ahead: [],
        told: null,
        deadline: clock.now() + settings.qrLifeMs,
        script: {},
        userId: null,
        origin: 'main',
        isConfirmed: false,
        wrongNumbers: 0,
        botId: null,
      }
      keep(qr)
      return qr
    },
    find: read,
    last() {
      const found = row<{ code: string }>(newest)
      return found === undefined ? null : read(found.code)
    },
    scan(code, userId, script) {
      const qr = must(code)
      if (qr.status !== 'wait') throw new Error(`the code is ${qr.status}`)
      qr.userId = userId
      qr.script = { scannedWord: 'scaned', ...script }
      // A code that was scanned gets as long again: 60 s after it (IL §19).
      qr.deadline = clock.now() + settings.qrLifeMs
      const bound = bots.liveOf(userId)
      if (bound !== null && qr.localTokens.includes(bound.token)) {
        qr.status = 'binded_redirect'
      } else {
        if (script.verifyCode !== undefined) qr.ahead.push('need_verifycode')
        if (script.unknownStatus !== undefined) qr.ahead.push(script.unknownStatus)
        if (script.redirect !== undefined) qr.ahead.push('scaned_but_redirect')
        qr.ahead.push(qr.script.scannedWord ?? 'scaned')
        step(qr)
      }
      keep(qr)
    },
    tryNumber(qr, number) {
      const isRight = number === qr.script.verifyCode
      if (isRight) {
        step(qr)
      } else {
        qr.wrongNumbers += 1
        if (qr.wrongNumbers >= settings.verifyTries) qr.status = 'verify_code_blocked'
      }
      keep(qr)
      return isRight ? 'right' : qr.status === 'verify_code_blocked' ? 'blocked' : 'wrong'
    },
    told(given, status) {
      // It may have changed while the answer was on its way.
      const qr = must(given.code)
      if (qr.status !== status) return
      qr.told = status
      const { redirect, unknownStatus } = qr.script
      if (status === 'scaned_but_redirect' || status === unknownStatus) {
        if (status === 'scaned_but_redirect' && redirect === 'with host') qr.origin = 'redirect'
        step(qr)
      } else if (status === 'confirmed' && settings.confirmedAgainMs === 0) {
        qr.status = 'expired'
      }
      keep(qr)
    },
    confirm(code) {
      const qr = must(code)
      if (qr.userId === null || qr.status === 'need_verifycode' || ENDS.includes(qr.status)) {
        throw new Error(`the phone shows no button: the code is ${qr.status}`)
      }
      qr.isConfirmed = true
      if (qr.ahead.length === 0) finish(qr)
      keep(qr)
    },
    expire(code) {
      const qr = must(code)
      qr.status = 'expired'
      keep(qr)
    },
    watch(code, onChange) {
      const here = watchers.get(code) ?? new Set()
      watchers.set(code, here.add(onChange))
      return () => {
        here.delete(onChange)
        if (here.size === 0 && watchers.get(code) === here) watchers.delete(code)
      }
    },
  }
}
