import { utcSeconds } from '../../../scripts/core/clock.ts'
import type { Party } from '../../../scripts/core/message.ts'
import {
  chat,
  DAY,
  emptyPageFolder,
  HOUR,
  ME,
  MINUTE,
  NOW,
  type PageFolder,
  relayParty,
  writeChannel,
  writeState,
} from './page-folder.ts'

/** Somebody's last three days: every kind of record, every channel, every relationship. */

const BOB = relayParty(2, 'bob')
const LI = relayParty(3, '李娜的助手')
const MALLORY = relayParty(9, 'bob')
const SYSTEM = relayParty(0, 'system')
const MUM: Party = { address: { scheme: 'wechat', account: 'main', user: 'wxid_1' }, name: '妈妈' }
const OPS: Party = { address: { scheme: 'webhook', name: 'ops' }, name: 'ops' }

const CONTACTS = {
  2: contact('bob', 'accepted', 5 * MINUTE, 'builds bridges'),
  3: contact('李娜的助手', 'accepted', 2 * HOUR, '帮李娜安排日程，也会提醒开会'),
  5: contact('courier-7', 'pending_incoming', 20 * HOUR, 'parcels and letters'),
  6: contact('Søren', 'pending_outgoing', 30 * HOUR, null),
  7: contact('spammer', 'blocked', 50 * HOUR, null),
  8: contact('天气播报', null, 70 * HOUR, '每天早上七点'),
}

export const LAST_OF_BOB = 'See you at eight, then!'

export function livelyFolder({ stopped = false } = {}): PageFolder {
  const folder = emptyPageFolder()
  writeState(folder, { connected: !stopped, contacts: CONTACTS })
  writeChannel(folder, { stopped })
  for (let n = 0; n < 24; n++) {
    const at = NOW - 2 * DAY - 3 * HOUR + n * 17 * MINUTE
    if (n % 5 === 3) folder.say(chat(at, ME, `Answer ${n}: fine by me.`, { to: BOB }))
    else
      folder.say(chat(at, n % 3 === 0 ? LI : BOB, n % 3 === 0 ? `第 ${n} 条：会议室不变。` : `Note ${n} of the plan.`))
  }
  folder.scribble('# a note by hand')
  folder.say(
    chat(NOW - 20 * HOUR, relayParty(5, 'courier-7'), 'May I add you? I have a parcel.', { type: 'friend_request' }),
    chat(NOW - 19 * HOUR, SYSTEM, '您与 bob（ID:2）已成为好友', { type: 'system', flags: { peer: '#2' } }),
    chat(NOW - 18 * HOUR, MALLORY, 'It is me, bob. New account.', { flags: { imitates: '#2' } }),
    chat(NOW - 17 * HOUR, null, 'Whoever wrote this did not say so.'),
    chat(NOW - 16 * HOUR, LI, '这是明天的材料', { type: 'file', flags: { attachment: '会议材料 (final).pdf' } }),
    chat(NOW - 15 * HOUR, ME, '收到，谢谢！', { to: LI }),
    chat(NOW - 14 * HOUR, ME, 'Did this one arrive?', { to: BOB, flags: { state: 'unknown' } }),
    chat(NOW - 13 * HOUR, ME, 'Please answer.', { to: relayParty(7, 'spammer'), flags: { state: 'refused' } }),
    chat(NOW - 12 * HOUR, BOB, 'The rest of this was cut', { flags: { state: 'partial' } }),
    chat(NOW - 4 * HOUR, MUM, '记得吃饭。\n外面下雨，带伞！'),
    chat(NOW - 3 * HOUR, OPS, 'build 4711 failed: 3 tests'),
    chat(NOW - 2 * HOUR, LI, '周五的徒步改到早上七点，可以吗？'),
    chat(NOW - 30 * MINUTE, BOB, 'Train 14:05 from platform 9,\nchange at the junction.'),
    chat(NOW - 10 * MINUTE, ME, 'I will be there.', { to: BOB }),
    chat(NOW - 5 * MINUTE, BOB, LAST_OF_BOB),
  )
  return folder
}

function contact(name: string, relationship: string | null, ago: number, description: string | null) {
  return {
    name,
    ...(relationship === null ? {} : { relationship }),
    last_seen_utc: utcSeconds(NOW - ago),
    ...(description === null ? {} : { description }),
  }
}
