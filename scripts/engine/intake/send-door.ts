import { addressKey } from '../../core/address.ts'
import type { Clock } from '../../core/clock.ts'
import { isWeakSecret } from '../../core/config/secrets.ts'
import type { WechatAbotConfig } from '../../core/config.ts'
import { ConfigError, RefusedError } from '../../core/errors.ts'
import { bilingual } from '../../core/i18n.ts'
import { equalSecrets } from '../../protocol/webhook/signatures.ts'
import type { OutboxEntry } from '../../store/outbox.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { isSettled } from '../outbox/settlement.ts'
import type { RelayAddress, WechatAddress } from '../outgoing.ts'
import type { WechatAccounts } from '../wechat/accounts.ts'
import { accountFor, reachable } from '../wechat/reachable.ts'
import { type Answer, type Asking, type Body, type Door, failure, type Outcome } from './exchange.ts'
import { within } from './keeping.ts'
import { isOrder, type Order, type OrderRecipient, readOrder } from './order.ts'
import { RATE_LIMITED, sendAnswer } from './send-answer.ts'
import { isAllowedIp, NOT_FROM_THERE } from './source-ips.ts'
import type { Strangers } from './strangers.ts'
import type { Submitted, Submitting } from './submitting.ts'

export interface SendDoorOptions {
  readonly outbox: Outbox
  readonly wechat: Pick<WechatAccounts, 'session' | 'names'>
  readonly submitting: Submitting
  readonly strangers: Strangers
  readonly clock: Clock
}

/** Whoever asked hears of the outcome that is known by then (OI §4.4). */
const WAIT_MS = 10_000

/** `/messages/send` (OI §4.4): the plugin has something to say to somebody. */
export function createSendDoor(config: WechatAbotConfig, options: SendDoorOptions): Door {
  const { outbox, wechat, submitting, strangers, clock } = options

  async function take(asking: Asking, body: Body): Promise<Outcome> {
    const order = readOrder(body, asking.headers['idempotency-key'])
    if (!isOrder(order)) return refused(order)
    const { requestId, recipient } = order
    if (!isAllowedRecipient(order, config.allowedRecipients)) return refused(NOT_TO_THEM, requestId)
    switch (recipient.kind) {
      case 'relay':
        return send(order, recipient.address, asking.signal)
      case 'wechat':
      case 'wechat_user': {
        const found = onWechat(recipient)
        return 'status' in found ? refused(found, requestId) : send(order, found, asking.signal)
      }
      case 'unreachable':
        return refused(NO_WECHAT_ACCOUNT, requestId)
    }
  }

  function onWechat(recipient: Extract<OrderRecipient, { kind: 'wechat' | 'wechat_user' }>): WechatAddress | Answer {
    try {
      const address = recipient.kind === 'wechat' ? recipient.address : accountFor(recipient.user, wechat)
      const isKnown = address !== null && wechat.names().includes(address.account)
      return isKnown ? reachable(address, wechat) : NO_WECHAT_ACCOUNT
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return failure(422, 'not_deliverable', bilingual(error.text), { reason: 'not_reachable' })
    }
  }

  async function send(order: Order, to: RelayAddress | WechatAddress, signal: AbortSignal): Promise<Outcome> {
    const { requestId } = order
    const until = clock.monotonic() + WAIT_MS
    let submitted: Submitted | null
    try {
      submitted = await within(submitting.submit(order, to), clock, WAIT_MS)
    } catch (error) {
      return refused(submitFailure(error), requestId)
    }
    if (submitted === null) return refused(NOT_QUEUED, requestId)
    const { entry, duplicate } = submitted
    const settled = await outcomeOf(entry, { waitMs: until - clock.monotonic(), signal })
    const { answer, status } = sendAnswer(settled, { duplicate, retryAfterMs: outbox.throttledMs() })
    return { answer, note: { status, event: 'messages.send', eventId: `out_${entry.id}`, requestId } }
  }

  async function outcomeOf(entry: OutboxEntry, wait: { waitMs: number; signal: AbortSignal }): Promise<OutboxEntry> {
    const waiting = await outbox.outcomeOf(entry.id, wait).catch(error => {
      // Nobody waits any more: it goes on without them.
      if (wait.signal.aborted) return entry
      throw error
    })
    const isThrottled =
      waiting.to.scheme === 'relay' && !isSettled(waiting.state) && outbox.throttledMs() > 0 && !wait.signal.aborted
    if (!isThrottled) return waiting
    // Too late for that, or somebody else's doing: it is settled then, or will be.
    await outbox.withdraw(waiting, RATE_LIMITED)
    return outbox.outcomeOf(entry.id, { ...wait, waitMs: 0 })
  }

  return {
    name: 'wechat_abot',
    enter(asking) {
      const { headers } = asking
      const { botToken } = config
      if (!isAllowedIp(asking.remoteAddress, config.allowedIps)) return strangers.refuse(NOT_FROM_THERE)
      if (botToken === null || isWeakSecret(botToken)) return strangers.refuse(WEAK_TOKEN)
      const token = /^bearer +(\S+) *$/i.exec(headers['authorization'] ?? '')?.[1]
      if (token === undefined) return strangers.unproven('no_token')
      if (!equalSecrets(botToken, token)) return strangers.unproven('bad_token')
      if (!isJson(headers['content-type'])) return refused(NOT_JSON)
      return body => take(asking, body)
    },
  }
}

function refused(answer: Answer, requestId?: string): Outcome {
  return { answer, note: { status: String(answer.body['error']), event: 'messages.send', requestId } }
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(contentType ?? '')
}

function isAllowedRecipient({ to, recipient }: Order, allowed: readonly string[] | null): boolean {
  if (allowed === null) return true
  const names = 'address' in recipient ? [addressKey(recipient.address)] : []
  const user = recipient.kind === 'wechat' ? [recipient.address.user] : []
  return [to, ...names, ...user].some(name => allowed.includes(name))
}

function submitFailure(error: unknown): Answer {
  if (error instanceof ConfigError) return NOT_REGISTERED
  if (error instanceof RefusedError) return CONFLICT
  throw error
}

const NOT_JSON = failure(415, 'unsupported_media_type', {
  en: 'The body has to be JSON: Content-Type: application/json.',
  zh: '正文必须为 JSON：Content-Type: application/json。',
})

const NOT_TO_THEM = failure(403, 'forbidden', {
  en: 'Nothing is sent to this recipient (wechat_abot.allowedRecipients).',
  zh: '不允许发送给该收件人（wechat_abot.allowedRecipients）。',
})

const NO_WECHAT_ACCOUNT = failure(
  422,
  'not_deliverable',
  {
    en: 'No WeChat account here reaches this recipient: write to people on the relay as #2, on WeChat to those who wrote to its bot.',
    zh: '此处没有微信账号能联系该收件人：中继用户写作 #2；微信上只能发给给机器人写过消息的人。',
  },
  { reason: 'no_wechat_account' },
)

const CONFLICT = failure(409, 'idempotency_conflict', {
  en: 'This request id was given to another message before. Nothing was sent.',
  zh: '该请求编号已用于另一条消息。未发送任何内容。',
})

const NOT_REGISTERED = failure(
  503,
  'unavailable',
  { en: 'Not registered at a relay. Nothing was sent.', zh: '尚未在中继注册。未发送任何内容。' },
  { reason: 'not_registered' },
)

const NOT_QUEUED = failure(
  503,
  'unavailable',
  {
    en: 'It could not be stored in time, and may be sent later. The same requestId never sends it twice.',
    zh: '未能及时存储，之后可能仍会发送。使用相同的 requestId 不会重复发送。',
  },
  { reason: 'not_stored', headers: { 'Retry-After': '30' }, retry_after: 30 },
)

const WEAK_TOKEN = failure(503, 'unavailable', {
  en: 'wechat_abot.botToken is missing, a placeholder or shorter than 16 characters: nothing is sent with it.',
  zh: 'wechat_abot.botToken 缺失、为占位值或少于 16 个字符：不会发送任何消息。',
})
