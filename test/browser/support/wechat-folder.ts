import { utcSeconds } from '../../../scripts/core/clock.ts'
import type { Party } from '../../../scripts/core/message.ts'
import { LAST_OF_BOB } from './lively-folder.ts'
import {
  chat,
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

/** Somebody with two accounts at WeChat beside the relay: every kind of message that comes from there. */

const OWNER_ID = 'oYxk3Vb7QmWnEr5TtYu8IoPa2SdF@im.wechat'
const STRANGER_ID = 'oZq9Lk2JhGfDsA4Zx7CvBn6MmQwE@im.wechat'
const wechat = (account: string, user: string): Party => ({ address: { scheme: 'wechat', account, user }, name: '' })
export const OWNER = wechat('main', OWNER_ID)
const COLLEAGUE = wechat('work', 'oPl0Okm9Ijn8Uhb7Ygv6Tfc5Rdx4@im.wechat')
const STRANGER = wechat('main', STRANGER_ID)
const BOT = wechat('main', 'b0f5a1c2d3e4@im.bot')

/** As they are shown. */
export const OWNER_SHORT = 'oYxk3V…2SdF'
export const STRANGER_SHORT = 'oZq9Lk…mQwE'
export const COLLEAGUE_SHORT = 'oPl0Ok…Rdx4'

export const QUOTED_WORDS = 'Shall I book the train at 14:05?'
export const LAST_OF_OWNER = 'And this is what I saw.'

type AccountState = 'connected' | 'login_needed' | 'retrying' | 'stopped'

export interface WechatScene {
  /** Of the account `work`; `main` is connected. */
  readonly second?: AccountState
  readonly daemonStopped?: boolean
}

export function wechatFolder({ second = 'connected', daemonStopped = false }: WechatScene = {}): PageFolder {
  const folder = emptyPageFolder()
  const bob = relayParty(2, 'bob')
  writeState(folder, {
    connected: !daemonStopped,
    contacts: { 2: { name: 'bob', relationship: 'accepted', last_seen_utc: utcSeconds(NOW - 5 * MINUTE) } },
    accounts: {
      'wechat:main': account(daemonStopped ? 'stopped' : 'connected'),
      'wechat:work': account(second, { waiting: 4, parked: 3 }),
    },
  })
  writeChannel(folder, { stopped: daemonStopped })
  folder.event(NOW - 2 * HOUR, 'SINK_STATE', { sink: 'wechat:main', state: 'connected' })
  if (second === 'login_needed') {
    folder.event(NOW - HOUR, 'AUTH_REFUSED', { account: 'wechat:work', reason: 'token_refused' })
  }
  folder.say(
    chat(NOW - 5 * HOUR, BOT, QUOTED_WORDS, { to: OWNER, flags: { seq: '41' } }),
    chat(NOW - 290 * MINUTE, OWNER, '好，就这趟。', { flags: { seq: '42', quote: QUOTED_WORDS, quote_seq: '41' } }),
    chat(NOW - 280 * MINUTE, OWNER, 'As I said.', { flags: { seq: '43', quote: 'from an older phone' } }),
    chat(NOW - 270 * MINUTE, OWNER, '听一下这个', {
      type: 'file',
      flags: { seq: '44', attachment: 'voice', voice: 'no_transcript', file: `.files/${'3fa9'.repeat(16)}.silk` },
    }),
    chat(NOW - 260 * MINUTE, OWNER, '', {
      type: 'file',
      flags: { seq: '45', attachment: '合同 (final).pdf', media: 'wrong_key' },
    }),
    chat(NOW - 250 * MINUTE, BOT, 'Got the voice; please send the contract again.', {
      to: OWNER,
      flags: { seq: '46', state: 'unknown' },
    }),
    chat(NOW - 240 * MINUTE, STRANGER, 'Buy cheap followers! Answer now.', { flags: { seq: '47', state: 'refused' } }),
    chat(NOW - 230 * MINUTE, null, 'Lunch at twelve?', {
      flags: { seq: '48', state: 'refused', group: '12345@chatroom', member: STRANGER_ID },
    }),
    chat(NOW - 220 * MINUTE, COLLEAGUE, '周报发我一份', { flags: { seq: '49', unknown_items: '7' } }),
    chat(NOW - 210 * MINUTE, ME, 'On my way.', { to: bob }),
    chat(NOW - 200 * MINUTE, OWNER, LAST_OF_OWNER, { type: 'file', flags: { seq: '50', attachment: 'image' } }),
    chat(NOW - 190 * MINUTE, OWNER, LAST_OF_OWNER, {
      type: 'correction',
      flags: { ref: '50', attachment: 'image', file: `.files/${'c0de'.repeat(16)}.jpg` },
    }),
    chat(NOW - 5 * MINUTE, bob, LAST_OF_BOB),
  )
  return folder
}

/** Nobody is registered at a relay; WeChat is all there is. */
export function wechatOnlyFolder(): PageFolder {
  const folder = emptyPageFolder()
  folder.event(NOW - HOUR, 'DAEMON_STARTED', { version: '0.1.0', pid: 4711 })
  folder.event(NOW - HOUR, 'CONFIG_MISSING')
  folder.json('contacts.json', {})
  folder.json('stats.json', {
    accounts: {
      relay: { state: 'not_registered', since_utc: utcSeconds(NOW - HOUR) },
      'wechat:main': { ...account('connected'), last_inbound_utc: null, last_accepted_utc: null },
    },
    sinks: {},
  })
  folder.json('context_snapshot.json', { updated_at_utc: utcSeconds(NOW), channel: null })
  return folder
}

function account(state: AccountState, more: Readonly<Record<string, unknown>> = {}) {
  return {
    state,
    since_utc: utcSeconds(NOW - (state === 'connected' ? 2 : 1) * HOUR),
    reason: state === 'login_needed' ? 'token_refused' : state === 'retrying' ? 'http_524' : null,
    last_poll_utc: utcSeconds(NOW - (state === 'connected' ? 20_000 : HOUR)),
    last_inbound_utc: utcSeconds(NOW - 200 * MINUTE),
    last_accepted_utc: utcSeconds(NOW - 300 * MINUTE),
    waiting: 0,
    parked: 0,
    ...more,
  }
}
