import type { Party } from '../../../scripts/core/message.ts'
import {
  chat,
  emptyPageFolder,
  ME,
  MINUTE,
  NOW,
  type PageFolder,
  relayParty,
  writeChannel,
  writeState,
} from './page-folder.ts'

/** The most code points that the relay takes (a name, a description) come from it; other programs keep to nothing. */
const cut = (text: string, most: number) => [...text].slice(0, most).join('')

/** Every text that a stranger can put before the page holds one of these, in every place where it may stand. */
export function hostileFolder(texts: readonly string[]): PageFolder {
  const folder = emptyPageFolder()
  const contacts: Record<string, unknown> = {}
  texts.forEach((text, index) => {
    const id = 100 + index
    contacts[String(id)] = {
      name: cut(text, 100),
      description: cut(text, 200),
      relationship: index % 7 === 0 ? text : ['accepted', 'pending_incoming', 'blocked'][index % 3],
      last_seen_utc: index % 5 === 0 ? text : '2026-03-09T10:00:00Z',
    }
    contacts[text] = { name: text, relationship: 'accepted' }
  })
  writeState(folder, { contacts })
  writeChannel(folder)
  texts.forEach((text, index) => {
    const at = NOW - (texts.length - index) * MINUTE
    const sender = relayParty(100 + index, text)
    const from: readonly Party[] = [
      sender,
      { address: { scheme: 'wechat', account: text, user: text }, name: text },
      { address: { scheme: 'webhook', name: text }, name: text },
    ]
    folder.say(
      ...from.map(one => chat(at, one, text)),
      chat(at, sender, text, { type: 'friend_request', flags: { also: 'chat' } }),
      chat(at, sender, text, { type: 'file', flags: { attachment: text, imitates: text, state: text } }),
      chat(at, sender, text, { type: 'unparsed', flags: { peer: text, ref: text, seq: text } }),
      chat(at, relayParty(0, 'system'), text, { type: 'system', flags: { peer: text } }),
      chat(at, null, text),
      chat(at, ME, text, { to: sender, flags: { state: 'refused', reason: text } }),
      ...fromWechat(at, text),
    )
    for (const line of text.split('\n')) folder.scribble(line)
    folder.event(at, 'SSE_CONNECT_FAILED', { reason: text, attempt: text })
    folder.event(at, 'SINK_STATE', { sink: text, state: text })
    folder.event(at, 'SINK_STATE', { sink: `wechat:${text}`, state: text, reason: text })
    folder.event(at, 'AUTH_REFUSED', { account: `wechat:${text}`, reason: text })
    folder.serverSays(at, text)
    folder.append('sse_channel.log', `${text}\n`)
    folder.append('inbox_pushed.md', `${text}\n`)
  })
  const [text = ''] = texts
  const parts = Object.fromEntries(texts.map(one => [one, { state: one, reason: one, [one]: one }]))
  const wechat = Object.fromEntries(
    texts.map((one, index) => [
      `wechat:${one}`,
      {
        state: ['login_needed', 'identity_taken', one][index % 3],
        reason: one,
        held_by: one,
        since_utc: one,
        last_inbound_utc: one,
        last_accepted_utc: one,
        waiting: one,
        parked: one,
      },
    ]),
  )
  folder.json('profile.json', { my_id: 1, my_name: text, status: text, updated_at_utc: text })
  folder.json('stats.json', {
    messages_received: text,
    last_sync_utc: text,
    accounts: { ...parts, ...wechat },
    sinks: parts,
  })
  folder.json('context_snapshot.json', {
    updated_at_utc: new Date(NOW).toISOString(),
    unread_count: text,
    latest_peers: texts.map(one => ({ id: one, name: one, last_message_utc: one })),
    channel: { state: text, since_utc: text },
    retention: { days: text, older_messages: 3, oldest_utc: text },
  })
  return folder
}

/** The words of strangers may stand in each flag of a message from there, and their ids are a server's. */
function fromWechat(at: number, text: string) {
  const nameless: Party = { address: { scheme: 'wechat', account: 'main', user: text }, name: '' }
  const flags = { quote: text, quote_seq: text, quote_id: text, file: text, media: text, unknown_items: text }
  return [
    chat(at, nameless, text, { type: 'file', flags: { attachment: text, voice: text, quote: text } }),
    chat(at, null, text, { flags: { seq: text, group: text, member: text, state: 'refused' } }),
    chat(at, nameless, text, { type: 'correction', flags: { ref: text, ...flags, attachment: text } }),
    chat(at, ME, text, { to: nameless, flags: { seq: text, state: 'parked' } }),
    chat(at, nameless, text, { flags: { seq: text, ...flags, state: 'refused' } }),
  ]
}
