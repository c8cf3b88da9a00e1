import type { Bilingual } from '../core/i18n.ts'
import type { SendResult } from '../engine/actions/send.ts'

/** What became of a message, in words. "Accepted" never means "delivered" (IL §6). */
export function sendWords(result: SendResult): Bilingual {
  const { outcome, to, reason } = result
  const isWechat = to.startsWith('wechat:')
  switch (outcome) {
    case 'accepted':
      return isWechat ? wechatAccepted(to) : relayAccepted(result)
    case 'refused':
      return isWechat ? wechatRefused(result) : refused(result.relay_text)
    case 'not_sent':
      return isWechat ? wechatNotSent(reason) : notSent(reason)
    case 'unknown':
      if (isWechat) return wechatUnknown(result)
      return reason === 'likely_delivered' ? LIKELY_DELIVERED : unknown(to, reason)
    case 'queued':
      return isWechat ? wechatQueued(result) : queued(to)
  }
}

function relayAccepted({ to, relationship }: SendResult): Bilingual {
  if (relationship === 'pending_outgoing') {
    return {
      en: `Accepted by the relay as a friend request to ${to}. Nothing more can be sent to them before they answer.`,
      zh: `中继已接受，作为发给 ${to} 的好友申请。在对方回复之前无法再发送。`,
    }
  }
  return { en: `Accepted by the relay for ${to}.`, zh: `中继已接受，将转给 ${to}。` }
}

function refused(words: string | null): Bilingual {
  return { en: `Refused by the relay: ${words}`, zh: `中继拒绝：${words}` }
}

function notSent(reason: string | null): Bilingual {
  return {
    en: `Not sent (${reason}): nothing reached the relay. Try again when "doctor" finds nothing wrong.`,
    zh: `未发送（${reason}）：没有任何内容到达中继。请在 "doctor" 检查正常后再试。`,
  }
}

const LIKELY_DELIVERED: Bilingual = {
  en: 'The relay reported a failure, but relays do so for files to people who are online, and deliver them: most likely it arrived. Ask them before you repeat it.',
  zh: '中继报告失败，但向在线用户发送文件时中继常如此报告而实际已送达：很可能已到达。请先询问对方再决定是否重发。',
}

function unknown(to: string, reason: string | null): Bilingual {
  return {
    en: `Unknown (${reason}): the message to ${to} may have been delivered. It is not repeated by itself; ask them, or the owner, before you do.`,
    zh: `结果未知（${reason}）：发给 ${to} 的消息可能已送达。程序不会自动重发；请先询问对方或主人。`,
  }
}

function queued(to: string): Bilingual {
  return {
    en: `Waits to be sent to ${to}: the relay asks for patience. The daemon sends it, or the next command if none runs; do not repeat it.`,
    zh: `正在排队等待发送给 ${to}：中继要求稍候。由守护进程发送（未运行时由下一条命令发送）；请勿重复。`,
  }
}

function wechatAccepted(to: string): Bilingual {
  return {
    en: `Accepted by WeChat for ${to}. WeChat does not tell whether it was shown.`,
    zh: `微信已接受，将转给 ${to}。微信不会告知是否已显示。`,
  }
}

function wechatRefused({ wechat_text: words, parts }: SendResult): Bilingual {
  return {
    en: `Refused by WeChat: ${words}.${partsEn(parts)}`,
    zh: `微信拒绝：${words}。${partsZh(parts)}`,
  }
}

const NOT_SENT: Readonly<Record<string, Bilingual>> = {
  not_allowed: {
    en: 'they are not on the list of those who may write (wechat.allow)',
    zh: '对方不在允许名单中（wechat.allow）',
  },
  upload_failed: { en: 'the file could not be uploaded', zh: '文件无法上传' },
  file_missing: { en: 'the kept copy of the file is gone', zh: '保存的文件副本已不存在' },
  logged_out: { en: 'the account was logged out', zh: '账号已退出' },
}

function wechatNotSent(reason: string | null): Bilingual {
  const why = NOT_SENT[reason ?? ''] ?? { en: String(reason), zh: String(reason) }
  return {
    en: `Not sent: ${why.en}. Nothing reached WeChat.`,
    zh: `未发送：${why.zh}。没有任何内容到达微信。`,
  }
}

function wechatUnknown({ to, reason, parts }: SendResult): Bilingual {
  return {
    en: `Unknown (${reason}): the message to ${to}, or a part of it, may have been delivered.${partsEn(parts)} It is not repeated by itself; ask them, or the owner, before you do.`,
    zh: `结果未知（${reason}）：发给 ${to} 的消息（或其中一部分）可能已送达。${partsZh(parts)}程序不会自动重发；请先询问对方或主人。`,
  }
}

/** Why it waits for them, or for a login. */
const PARKED: Readonly<Record<string, Bilingual>> = {
  used_up: {
    en: 'all sends for their last message are used up',
    zh: '针对对方上一条消息的发送次数已用完',
  },
  too_old: { en: 'they wrote too long ago', zh: '对方上次来信已过去太久' },
  never_wrote: { en: 'they have not written since the last login', zh: '自上次登录后对方还没有来信' },
}

function wechatQueued({ to, parked, reason, parts }: SendResult): Bilingual {
  if (parked === 'login') {
    const account = /^wechat:([^/]+)/.exec(to)?.[1] ?? ''
    return {
      en: `Waits for a login: wechat login ${account}.${partsEn(parts)} It is sent after that; do not repeat it.`,
      zh: `等待重新登录：wechat login ${account}。${partsZh(parts)}登录后会自动发送；请勿重复。`,
    }
  }
  if (parked === 'peer') {
    const why = PARKED[reason ?? ''] ?? { en: `WeChat refused it (${reason})`, zh: `微信拒绝了（${reason}）` }
    return {
      en: `Waits until they write to the bot again: ${why.en}.${partsEn(parts)} It goes out first then; do not repeat it.`,
      zh: `等对方再次给机器人写消息：${why.zh}。${partsZh(parts)}届时会最先发出；请勿重复。`,
    }
  }
  return {
    en: `Waits to be sent to ${to}.${partsEn(parts)} The daemon sends it, or the next command if none runs; do not repeat it.`,
    zh: `正在等待发送给 ${to}。${partsZh(parts)}由守护进程发送（未运行时由下一条命令发送）；请勿重复。`,
  }
}

function partsEn(parts: SendResult['parts']): string {
  return parts === null ? '' : ` ${parts.accepted} of ${parts.of} parts were accepted.`
}

function partsZh(parts: SendResult['parts']): string {
  return parts === null ? '' : `已接受 ${parts.accepted}/${parts.of} 部分。`
}
