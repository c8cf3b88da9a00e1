import type { Bilingual } from '../../core/i18n.ts'
import type { Party } from '../../core/message.ts'
import type { Friend } from './friend-named.ts'
import { labelOf, shortened } from './label.ts'
import { NOTICE_LIMIT } from './notice.ts'

/** What the bridge itself says to somebody on WeChat: a line, since each costs a send. */

export const HELP: Bilingual = {
  en: [
    'Quote a notice to answer whoever wrote it.',
    '@name text, or @#2 text: to one of your friends.',
    '/friends: who they are.',
    '/to name: all you write goes to that friend, until /to alone.',
    'Anything else is for your agent.',
  ].join('\n'),
  zh: [
    '引用一条通知即可回复其发送者。',
    '@名称 内容，或 @#2 内容：发给某位好友。',
    '/friends：好友列表。',
    '/to 名称：之后的内容都发给该好友，单独发 /to 结束。',
    '其他内容由你的智能体处理。',
  ].join('\n'),
}

export const NO_FRIENDS: Bilingual = { en: 'You have no friends on the relay yet.', zh: '你在中继上还没有好友。' }

export const WHICH_ONE: Bilingual = {
  en: 'Not sent: it is not clear whom that answers. Write @name text.',
  zh: '未发送：不清楚要回复谁。请写 @名称 内容。',
}

export const NO_TEXT: Bilingual = {
  en: 'Not sent: there is neither a text nor a file in it.',
  zh: '未发送：没有文字也没有文件。',
}

export const HALF_CHARACTER: Bilingual = {
  en: 'Not sent: it holds half a character.',
  zh: '未发送：含有不完整的字符。',
}

export const ONE_FILE: Bilingual = {
  en: 'Not sent: the relay takes one file at a time.',
  zh: '未发送：中继一次只能发一个文件。',
}

export const FILE_MISSING: Bilingual = {
  en: 'Not sent: the file did not get here. Send it again.',
  zh: '未发送：文件未能收到，请重新发送。',
}

export const TO_AGENT: Bilingual = {
  en: 'What you write goes to your agent again.',
  zh: '之后的内容重新由你的智能体处理。',
}

export const NOT_CONNECTED: Bilingual = {
  en: 'Not sent: the relay can not be used now. See "status" on the computer.',
  zh: '未发送：中继暂不可用。请在电脑上查看 "status"。',
}

export function tooLong(length: number, longest: number): Bilingual {
  return {
    en: `Not sent: ${length} characters, and the relay takes ${longest} at most.`,
    zh: `未发送：共 ${length} 个字符，中继最多接受 ${longest} 个。`,
  }
}

export function fileTooLarge(megabytes: number): Bilingual {
  return {
    en: `Not sent: the relay takes files of ${megabytes} MB at most.`,
    zh: `未发送：中继最多接受 ${megabytes} MB 的文件。`,
  }
}

export function unknownOrder(word: string): Bilingual {
  const shown = shortened(word, 20)
  return { en: `There is no /${shown}. See /help`, zh: `没有 /${shown} 这个命令。请看 /help` }
}

export function noSuchFriend(word: string): Bilingual {
  const shown = labelOf({ address: { scheme: 'webhook', name: word }, name: '' }).slice('webhook:'.length)
  return {
    en: `Not sent: none of your friends is called ${shown}. See /friends`,
    zh: `未发送：没有名为 ${shown} 的好友。请看 /friends`,
  }
}

export function severalFriends(friends: readonly Friend[]): Bilingual {
  const listed = listOf(friends, { between: ', ', room: ROOM_FOR_NAMES })
  return {
    en: `Not sent: who is meant? ${listed.en}. Write @#number text.`,
    zh: `未发送：指的是谁？${listed.zh}。请写 @#编号 内容。`,
  }
}

export function friendsText(friends: readonly Friend[]): Bilingual {
  return friends.length === 0 ? NO_FRIENDS : listOf(friends, { between: '\n', room: NOTICE_LIMIT - ROOM_FOR_MORE })
}

export function toFriend(friend: Friend): Bilingual {
  const label = labelOfFriend(friend)
  return {
    en: `What you write goes to ${label} now. /to alone ends it.`,
    zh: `之后的内容都发给 ${label}。单独发 /to 结束。`,
  }
}

export function noAnswerTo(party: Party | null): Bilingual {
  const label = labelOf(party)
  return { en: `Not sent: ${label} can not be answered.`, zh: `未发送：无法回复 ${label}。` }
}

/** RC §9: with a file, first contacts get lost on the relay. */
export function friendsFirst(party: Party): Bilingual {
  const label = labelOf(party)
  return {
    en: `Not sent: ${label} is not your friend yet, and the relay loses such files. Write a text first.`,
    zh: `未发送：${label} 还不是你的好友，中继会丢失这样的文件。请先发文字。`,
  }
}

export interface Failed {
  readonly state: 'refused' | 'not_sent' | 'unknown'
  /** Their words. */
  readonly text?: string
  /** One word of ours. */
  readonly reason?: string
}

export function failedText(party: Party, { state, text, reason }: Failed): Bilingual {
  const label = labelOf(party)
  switch (state) {
    case 'refused': {
      const words = shortened((text ?? '').replace(/\s+/g, ' ').trim(), ROOM_FOR_WORDS)
      return { en: `${label} did not get it. The relay: ${words}`, zh: `${label} 未收到。中继：${words}` }
    }
    case 'not_sent': {
      const why = (reason === undefined ? undefined : REASONS[reason]) ?? NOT_REACHED
      return { en: `${label} did not get it: ${why.en}.`, zh: `${label} 未收到：${why.zh}。` }
    }
    case 'unknown':
      return {
        en: `Nobody can tell whether ${label} got it. It is not sent again by itself.`,
        zh: `无法确定 ${label} 是否收到，不会自动重发。`,
      }
  }
}

const NOT_REACHED: Bilingual = { en: 'the relay was not reached', zh: '未能连接到中继' }

const REASONS: Readonly<Record<string, Bilingual>> = {
  token_refused: { en: 'the relay does not accept our token', zh: '中继不接受我们的 Token' },
  another_account: { en: 'the account has changed meanwhile', zh: '账号已更换' },
  file_missing: { en: 'the file is gone', zh: '文件已不存在' },
}

/** UTF-16 units. */
const ROOM_FOR_WORDS = 200
const ROOM_FOR_NAMES = 200
const ROOM_FOR_MORE = 40

function listOf(friends: readonly Friend[], { between, room }: { between: string; room: number }): Bilingual {
  const shown: string[] = []
  let left = room
  for (const friend of friends) {
    const label = labelOfFriend(friend)
    left -= label.length + between.length
    if (left < 0) break
    shown.push(label)
  }
  const listed = shown.join(between)
  const more = friends.length - shown.length
  if (more === 0) return { en: listed, zh: listed }
  return { en: `${listed}${between}… and ${more} more`, zh: `${listed}${between}……另有 ${more} 位` }
}

function labelOfFriend({ id, name }: Friend): string {
  return labelOf({ address: { scheme: 'relay', id }, name })
}
