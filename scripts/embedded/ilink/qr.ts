/** `get_bot_qrcode` and `get_qrcode_status` (IL §3). */

import { type Answer, jsonAnswer, refusal } from './answers.ts'
import { ENDS, type Qr } from './qr-desk.ts'
import type { Call, Reply, World } from './world.ts'

/** "Up to 10 bot tokens already stored locally." */
const MOST_LOCAL_TOKENS = 10

export function getQr(world: World, call: Call): Reply {
  const { query, body, recorded } = call
  if (query.get('bot_type') !== '3') {
    call.violate('bot-type', 'bot_type=3')
    return refusal(-3, 'invalid arguments')
  }
  // "QR creation and refreshes always go to the default API base, never to a saved baseurl."
  if (recorded.origin !== 'main') call.violate('qr-elsewhere', 'a QR code is made at the default base')
  const tokens = body['local_token_list']
  const isSound =
    Array.isArray(tokens) && tokens.length <= MOST_LOCAL_TOKENS && tokens.every(one => typeof one === 'string')
  if (recorded.method === 'POST' && !isSound) call.violate('local-token-list', 'up to 10 texts, perhaps none')
  const { code, link } = world.qrs.make(isSound ? tokens : [])
  return jsonAnswer({ ret: 0, qrcode: code, qrcode_img_content: link })
}

export async function qrStatus(world: World, call: Call): Promise<Answer | null> {
  const { query, recorded } = call
  const code = query.get('qrcode') ?? ''
  const first = world.qrs.find(code)
  if (first === null) {
    call.violate('qr-unknown', 'a code that was never made')
    return jsonAnswer({ ret: 0, status: 'expired' })
  }
  const number = query.get('verify_code')
  if (number !== null) {
    if (first.status === 'need_verifycode') {
      if (world.qrs.tryNumber(first, number) === 'wrong') return say(world, first)
    } else if (first.script.verifyCode === undefined) {
      call.violate('verify-code-unasked', 'nobody asked for a number')
    }
  }
  return statusWithin(world, call, {
    code,
    until: world.clock.now() + world.settings.qrHoldMs,
    origin: recorded.origin,
  })
}

interface Question {
  readonly code: string
  readonly until: number
  readonly origin: string
}

/** "Hold ≤ 30 s and release on change." */
async function statusWithin(world: World, call: Call, { code, until, origin }: Question): Promise<Answer | null> {
  for (;;) {
    const qr = world.qrs.find(code)
    if (qr === null || call.response.destroyed) return null
    const isElsewhere = qr.origin !== origin
    const isNews = qr.status !== (qr.told ?? 'wait') || ENDS.includes(qr.status)
    if (!isElsewhere && isNews) return say(world, qr)
    const now = world.clock.now()
    // "And after it the first host answers wait for ever."
    if (now >= until) return isElsewhere ? jsonAnswer({ ret: 0, status: 'wait' }) : say(world, qr)
    // Where a code is at its end nothing is left to wait for: the other host lets it hang to the end of the hold.
    const ms = isElsewhere ? until - now : Math.min(until, qr.deadline) - now
    await changeWithin(world, call, { code, ms })
  }
}

function changeWithin(
  { clock, qrs }: World,
  { response }: Call,
  { code, ms }: { code: string; ms: number },
): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      cancel()
      unwatch()
      response.off('close', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    const unwatch = qrs.watch(code, done)
    response.once('close', done)
  })
}

function say(world: World, qr: Qr): Answer {
  const { status, script } = qr
  const told = () => world.qrs.told(qr, status)
  if (status === 'scaned_but_redirect') {
    const host = script.redirect === 'with host' ? new URL(world.urls.redirect).host : undefined
    return jsonAnswer({ ret: 0, status, redirect_host: host }, told)
  }
  if (status !== 'confirmed') return jsonAnswer({ ret: 0, status }, told)
  const bot = world.bots.byId(qr.botId ?? '')
  const name = script.baseUrlName ?? 'baseurl'
  return jsonAnswer(
    {
      ret: 0,
      status,
      bot_token: bot?.token,
      ilink_bot_id: script.leaveOutBotId ? undefined : bot?.id,
      ilink_user_id: qr.userId,
      [name]: name === 'absent' ? undefined : world.urls[qr.origin],
    },
    told,
  )
}
