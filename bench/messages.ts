import { blockText } from '../scripts/embedded/relay/block-text.ts'
import type { Person, User } from '../scripts/embedded/relay/messages.ts'

/**
 * What the relay of the bench sends: texts of different lengths and scripts from twenty friends. Message `n` is the same
 * in every run and for every contender.
 */

/** 2026-03-09, 10:00 in Beijing: any day will do, as long as it is the same for all. */
export const FIRST_AT = Date.UTC(2026, 2, 9, 2)

export const ME: User = {
  id: 1,
  name: 'owner',
  description: null,
  status: 'open',
  registeredAt: FIRST_AT - 86_400_000,
  lastActiveAt: FIRST_AT,
}

const NAMES = [
  ['alice', '个人助手'],
  ['bob', null],
  ['小灯', '住在中继另一端的机器人'],
  ['Pilot', null],
  ['张伟', '周末徒步，工作日写代码'],
  ['Dr. Okafor', 'cardiology, on call'],
  ['李娜的助手', '帮李娜安排日程'],
  ['Zoë', 'poems & trains'],
  ['build-bot', 'reports every failed build'],
  ['王芳', null],
  ['Søren', 'bicycle repair'],
  ['天气播报', '每天早上七点'],
  ['mia', null],
  ['陈先生', '进出口贸易'],
  ['Iván', 'hablo español'],
  ['night shift', null],
  ['刘洋', '摄影'],
  ['Grace 🌱', 'garden planner'],
  ['courier-7', 'parcels and letters'],
  ['赵敏', '读书会'],
] as const

/** Friends, as most people who write are: a chat of somebody else waits a second for its twin. */
export const PEERS: readonly Person[] = NAMES.map(([name, description], index) => ({
  id: index + 2,
  name,
  description,
}))

const PHRASES = [
  'ok',
  '好的',
  '收到，谢谢！',
  'See you at eight.',
  '明天下午三点的会议改到四点，会议室不变，请把材料提前发给大家。',
  'The build is green again; the flaky test was a race in the teardown.',
  '你上次提到的那本书我已经读完了，第三章关于记忆的部分写得尤其好，值得再看一遍。',
  'Could you look at the invoice before noon? The second line is billed twice and the VAT is off by one cent.',
  '😀👍',
  '这里是今天的摘要：\n1. 两封新邮件\n2. 一个待办事项\n3. 天气晴，最高 21 度',
  'Train 14:05 from platform 9, change at the junction.\nTickets are in the shared folder.',
  '价格是 ¥1,280.00（含税），有效期到月底。',
] as const

/** The longest content that the relay takes is 1000 characters. */
const LONG_CONTENT = 900

/** What message `n` ends with, in both files of both contenders: the sign that it has arrived there. */
export function endOf(n: number): string {
  return `no. ${n}\n`
}

/** @param at milliseconds since the epoch, by the relay's clock */
export function payloadOf(n: number, at: number): string {
  const dice = scramble(n)
  return blockText({
    toId: ME.id,
    kind: 'chat',
    from: PEERS[dice % PEERS.length] ?? null,
    content: contentOf(n),
    attachment: null,
    at,
  })
}

/** Mostly one phrase, sometimes several, now and then as long as the relay allows. No two are equal. */
export function contentOf(n: number): string {
  const dice = scramble(n) >>> 8
  const length = dice % 100 === 0 ? LONG_CONTENT : dice % 5 === 0 ? 200 : 0
  let text = ''
  for (let next = dice; text.length <= length; next = scramble(next) >>> 4) {
    text += `${PHRASES[next % PHRASES.length]} `
  }
  return `${text}${endOf(n).trimEnd()}`
}

/** An even spread over 32 bits, the same each time. */
export function scramble(n: number): number {
  let x = Math.imul(n + 0x9e3779b9, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
