import { isWeakSecret } from '../../core/config/secrets.ts'
import type { WechatAbotConfig } from '../../core/config.ts'
import type { Flags } from '../../core/message.ts'
import { verifyBody } from '../../protocol/webhook/signatures.ts'
import { type AbotMessage, readAbotMessage } from '../../protocol/wechat-abot/message.ts'
import { ABOT_ACCOUNT, abotAddress } from '../abot-address.ts'
import { type Asking, type Body, type Door, failure, type Outcome } from './exchange.ts'
import { type Keeping, NOT_STORED } from './keeping.ts'
import { isAllowedIp, NOT_FROM_THERE } from './source-ips.ts'
import type { Strangers } from './strangers.ts'

export interface AbotDoorOptions {
  readonly keeping: Keeping
  readonly strangers: Strangers
}

/** `/im/inbound` (OI §4.2): messages as the WeChat side delivers them, kept byte for byte before anything else. */
export function createAbotDoor(config: WechatAbotConfig, { keeping, strangers }: AbotDoorOptions): Door {
  const { intakeSecret } = config

  async function take(asking: Asking, body: Body): Promise<Outcome> {
    if (body.length === 0) return strangers.refuse(EMPTY)
    const signature = asking.headers['x-wechat-abot-signature']
    if (intakeSecret !== null && !verifyBody(intakeSecret, body, signature)) {
      return strangers.unproven(signature === undefined ? 'no_signature' : 'bad_signature')
    }
    const message = readAbotMessage(body)
    return message.kind === 'message' ? keep(message, body) : strangers.refuse(NOT_JSON)
  }

  async function keep(message: AbotMessage, body: Body): Promise<Outcome> {
    const { key, text, at } = message
    const from = peerOf(message)
    const parsed = {
      type: 'chat' as const,
      at,
      from: from === '' || from.length > LONGEST_ID ? null : { address: abotAddress(from), name: '' },
      content: text,
      flags: flagsOf(message),
    }
    const payload = { via: 'webhook' as const, body, messages: [key === null ? { parsed } : { parsed, id: key }] }
    const kept = await keeping.keep({ source: 'wechat_abot', account: ABOT_ACCOUNT, payload })
    if (kept === null) return { answer: NOT_STORED, note: { status: 'not_stored' } }
    const { seq, duplicate } = kept
    const eventId = `in_${seq}`
    return {
      answer: { status: 200, body: { ok: true, eventId, duplicate } },
      note: { status: duplicate ? 'duplicate' : 'stored', event: 'message.received', eventId },
    }
  }

  return {
    name: 'wechat_abot',
    enter(asking) {
      if (!isAllowedIp(asking.remoteAddress, config.allowedIps)) return strangers.refuse(NOT_FROM_THERE)
      if (intakeSecret !== null && isWeakSecret(intakeSecret)) return strangers.refuse(WEAK_SECRET)
      return body => take(asking, body)
    },
  }
}

/** What we wrote from elsewhere into a group is the group's, like what the others write there. */
function peerOf({ isGroup, from, to }: AbotMessage): string {
  return isGroup && !from.endsWith('@chatroom') ? to : from
}

/** An id is a few dozen characters; what is longer is nobody's. */
const LONGEST_ID = 256
/** Text (OI §4.1). */
const TEXT = 1

/** In a group the address is the group's, and who wrote is the group's word. */
function flagsOf({ isGroup, sender, type }: AbotMessage): Flags {
  return {
    ...(isGroup && sender !== null ? { sender } : {}),
    ...(type === null || type === TEXT ? {} : { msgtype: String(type) }),
  }
}

const EMPTY = failure(400, 'empty_body', { en: 'The body is empty.', zh: '正文为空。' })

const NOT_JSON = failure(400, 'bad_json', {
  en: 'The body is no JSON object.',
  zh: '正文不是 JSON 对象。',
})

const WEAK_SECRET = failure(503, 'unavailable', {
  en: 'wechat_abot.intakeSecret is a placeholder or shorter than 16 characters: nothing is taken in with it.',
  zh: 'wechat_abot.intakeSecret 为占位值或少于 16 个字符：不会接收任何消息。',
})
