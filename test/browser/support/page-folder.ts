import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChannelEvent, ChannelFields } from '../../../scripts/core/channel-event.ts'
import { utcSeconds } from '../../../scripts/core/clock.ts'
import type { Party } from '../../../scripts/core/message.ts'
import { formatChannelLine, formatServerLine } from '../../../scripts/protocol/channel-line.ts'
import { formatEntry } from '../../../scripts/protocol/inbox-entry.ts'
import { type ConversationRecord, formatRecord } from '../../../scripts/protocol/record-line.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A data folder with only what the page may see, as a daemon would have written it; nothing is running. */
export interface PageFolder {
  readonly path: string
  json(name: JsonName, value: unknown): void
  /** At the end of `conversations.md`, and of `inbox_pushed.md` for what was received. */
  say(...records: readonly ConversationRecord[]): void
  /** A line that somebody wrote there by hand. */
  scribble(line: string): void
  event(at: number, event: ChannelEvent, fields?: ChannelFields): void
  serverSays(at: number, text: string): void
  /** As it is, at the end. */
  append(name: FileName, text: string): void
  /** As it is, whole. */
  write(name: FileName, text: string): void
  read(name: FileName): string
  remove(name: FileName): void
}

type FileName = Parameters<DataFolder['file']>[0]
type JsonName = Extract<FileName, `${string}.json`>

export const NOW = Math.floor(Date.now() / 1000) * 1000
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const ME: Party = { address: { scheme: 'relay', id: 1 }, name: 'Lumen' }
export const relayParty = (id: number, name: string): Party => ({ address: { scheme: 'relay', id }, name })

export function emptyPageFolder(): PageFolder {
  const folder = dataFolderAt(join(temporaryFolder(), 'openwechat_im_client'))
  createDataFolder(folder)
  const append = (name: FileName, text: string) => appendFileSync(folder.file(name), text, { mode: 0o600 })
  let seq = 0
  return {
    path: folder.path,
    append,
    json: (name, value) => writeFileSync(folder.file(name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 }),
    say(...records) {
      append('conversations.md', records.map(one => `${formatRecord(one)}\n`).join(''))
      const received = records.filter(one => one.to === undefined)
      const entries = received.map(one => {
        const via = one.from?.address.scheme === 'wechat' ? 'wechat' : 'stream'
        return formatEntry({ receivedAt: one.at, seq: ++seq, via, payload: one.content })
      })
      append('inbox_pushed.md', entries.join(''))
    },
    scribble: line => append('conversations.md', `${line}\n`),
    event: (at, event, fields) => append('sse_channel.log', `${formatChannelLine(utcSeconds(at), event, fields)}\n`),
    serverSays: (at, text) => append('sse_channel.log', `${formatServerLine(utcSeconds(at), text)}\n`),
    write: (name, text) => writeFileSync(folder.file(name), text, { mode: 0o600 }),
    read: name => readFileSync(folder.file(name), 'utf8'),
    remove: name => rmSync(folder.file(name)),
  }
}

export function chat(at: number, from: Party | null, content: string, more: Partial<ConversationRecord> = {}) {
  return { at: utcSeconds(at), from, type: 'chat', flags: {}, content, ...more } satisfies ConversationRecord
}

interface State {
  readonly connected?: boolean
  readonly contacts?: Readonly<Record<string, unknown>>
  /** Beside the relay. */
  readonly accounts?: Readonly<Record<string, unknown>>
}

/** The four JSON files of somebody who is registered and connected. */
export function writeState(folder: PageFolder, { connected = true, contacts = {}, accounts = {} }: State = {}) {
  const since = utcSeconds(NOW - 2 * HOUR)
  const relations = Object.values(contacts).map(one => Reflect.get(Object(one), 'relationship'))
  const count = (name: string) => relations.filter(one => one === name).length
  const state = connected ? 'connected' : 'stopped'
  folder.json('profile.json', { my_id: 1, my_name: 'Lumen', status: 'open', updated_at_utc: since })
  folder.json('contacts.json', contacts)
  folder.json('stats.json', {
    messages_received: 321,
    messages_sent: 87,
    friends_count: count('accepted'),
    pending_incoming_count: count('pending_incoming'),
    pending_outgoing_count: count('pending_outgoing'),
    last_sync_utc: utcSeconds(NOW - MINUTE),
    transport_copies_dropped: 2,
    accounts: { relay: { state, since_utc: since, my_id: 1, base_url: 'https://relay.example.org' }, ...accounts },
    sinks: {
      'webhook:ops': { state: 'working', since_utc: since, waiting: 0, dead_letters: 0, delivered: 12 },
      wechat_abot: {
        state: 'failing',
        since_utc: since,
        reason: 'http_502',
        next_try_utc: utcSeconds(NOW + MINUTE),
        waiting: 4,
        dead_letters: 1,
        delivered: 3,
      },
      wake: {
        state: 'misconfigured',
        reason: 'http_401',
        last_poke_utc: since,
        advice: {
          en: 'Put the same token into hooks.token of openclaw.json and wake.token of config.json.',
          zh: '请让 openclaw.json 的 hooks.token 与 config.json 的 wake.token 相同。',
        },
      },
    },
  })
  folder.json('context_snapshot.json', {
    updated_at_utc: utcSeconds(NOW),
    messages_received_recent: 24,
    recent_hours: 24,
    unread_count: 3,
    friends_count: count('accepted'),
    latest_peers: [{ id: '#2', name: 'bob', last_message_utc: utcSeconds(NOW - 5 * MINUTE) }],
    channel: { state, since_utc: since },
    oldest_message_utc: utcSeconds(NOW - 3 * DAY),
    oldest_message_days: 3,
    retention: { days: 7, older_messages: 0, oldest_utc: utcSeconds(NOW - 3 * DAY) },
  })
}

/** A channel that had its troubles two hours ago, and is well. */
export function writeChannel(folder: PageFolder, { stopped = false } = {}): void {
  const begin = NOW - 3 * HOUR
  folder.event(begin, 'DAEMON_STARTED', { version: '0.1.0', pid: 4711 })
  folder.event(begin + 1000, 'SSE_CONNECT_START')
  folder.event(begin + 2000, 'SSE_CONNECTED')
  folder.serverSays(begin + 3000, 'welcome to the relay')
  folder.event(begin + 2000, 'INBOX_DRAINED', { reason: 'stream_opened', fetched: 3 })
  folder.event(begin + 50 * MINUTE, 'SSE_DISCONNECTED', { reason: 'ended' })
  folder.event(begin + 50 * MINUTE, 'SSE_RECONNECT_SCHEDULED', { attempt: 1, delay_sec: 1 })
  folder.event(begin + 51 * MINUTE, 'SSE_RECONNECT_ATTEMPT', { attempt: 1 })
  folder.event(begin + 51 * MINUTE, 'SSE_CONNECT_FAILED', { reason: 'http_502' })
  folder.event(begin + 52 * MINUTE, 'FALLBACK_MESSAGES_POLL', { reason: 'stream_down', fetched: 1 })
  folder.event(begin + 60 * MINUTE, 'SSE_CONNECT_START')
  folder.event(begin + 60 * MINUTE, 'SSE_CONNECTED')
  folder.event(begin + 60 * MINUTE, 'SSE_RESTORED')
  if (stopped) folder.event(NOW - 10 * MINUTE, 'DAEMON_STOPPED', { reason: 'SIGTERM' })
}
