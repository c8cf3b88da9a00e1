/** Replays recorded requests against an embedded relay and compares the answers with the recorded ones. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { type Connection, exchange, open, parseReply, type RawReply } from './raw-http.ts'
import type { TestRelay, TestUser } from './test-relay.ts'

const folder = new URL('../../fixtures/relay/', import.meta.url)

/** Headers that say when and by which software, not what. */
const incidental = new Set(['date', 'server'])

const TOKEN = /(?<=\nToken：)[0-9a-f]{32}(?=\n)/

export interface RecordedMessage {
  readonly content: string
  readonly attachment?: string
}

export function recordedStems(): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.http'))
    .map(name => name.slice(0, -'.http'.length))
}

export function recordedReply(stem: string): RawReply {
  const reply = parseReply(readFileSync(new URL(`${stem}.http`, folder)))
  assert.ok(reply !== null)
  return reply
}

/** What the senders really sent: `.truth.json`. */
export function recordedTruth(stem: string): RecordedMessage[] {
  return JSON.parse(readFileSync(new URL(`${stem}.truth.json`, folder), 'utf8'))
}

export function recordedRequest(stem: string): Buffer {
  return readFileSync(new URL(`${stem}.request`, folder))
}

function comparableHeaders({ headers }: RawReply): Map<string, string> {
  const entries = [...headers].filter(([name]) => !incidental.has(name))
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function assertSameHead(ours: RawReply, recorded: RawReply): void {
  assert.equal(ours.statusLine, recorded.statusLine)
  assert.deepEqual(comparableHeaders(ours), comparableHeaders(recorded))
}

/** Entries of a list in random order, with their numbers and frame taken off. */
function entries(list: string): string[] {
  const [title = '', frame = '', ...rest] = list.split('\n')
  const body = rest.join('\n').replace(/\n═{40}$/, '')
  return [title, frame, ...body.split(/(?:^|\n─{40}\n)\[\d+\] /).sort()]
}

/** The body of 412, with the frame of the recording client: its length is in the kept head. */
export function recordedForm(toId: string, fileName: string, file: Buffer): Buffer {
  const boundary = '----fixture-boundary'
  return Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="to_id"\r\n\r\n${toId}\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
}

export interface ReplayStream {
  /** Waits until as many bytes have arrived as were recorded, and compares all, the chunks too. */
  matchesRecording(expected?: (recorded: string) => string): Promise<void>
  readonly connection: Connection
}

export interface Replay {
  /** The transcripts that were compared. */
  readonly compared: ReadonlySet<string>
  /** Sets the clock to a time of the recording day. */
  at(time: string): void
  /** Makes our token for somebody known where the recordings use theirs. */
  knows(recordedToken: string, user: TestUser): void
  /** Our token in the place of the one a recorded registration shows. */
  ours(registration: string): string
  recorded(stem: string, options?: RecordedOptions): Promise<void>
  stream(stem: string): Promise<ReplayStream>
}

export interface RecordedOptions {
  /** Replaces the `<< … >>` line of an upload that was not kept. */
  readonly body?: Buffer
  readonly isUnordered?: boolean
  /** Where the embedded relay is better: what it says in place of the recorded body. */
  readonly instead?: string
}

export function createReplay({ relay, clock, events, until }: TestRelay): Replay {
  const compared = new Set<string>()
  /** Ours by theirs. */
  const tokens = new Map<string, string>()

  function requestOf(stem: string, body?: Buffer): Buffer {
    // Every request gets a millisecond of its own, so that "most recently active" has an order.
    clock.advance(1)
    let bytes = recordedRequest(stem).toString('latin1')
    for (const [theirs, ours] of tokens) bytes = bytes.replace(theirs, ours)
    if (body === undefined) return Buffer.from(bytes, 'latin1')
    return Buffer.concat([Buffer.from(bytes.slice(0, bytes.indexOf('<<')), 'latin1'), body])
  }

  return {
    compared,
    at: time => clock.setWall(Date.parse(`2026-11-20T${time}Z`)),
    knows(recordedToken, { token }) {
      tokens.set(recordedToken, token)
    },
    ours(registration) {
      const [theirs = ''] = TOKEN.exec(recordedReply(registration).body.toString('utf8')) ?? []
      const token = tokens.get(theirs)
      assert.ok(token !== undefined)
      return token
    },
    async recorded(stem, { body, isUnordered = false, instead } = {}) {
      const recorded = recordedReply(stem)
      const ours = await exchange(relay.port, requestOf(stem, body))
      compared.add(stem)
      if (instead !== undefined) {
        assert.equal(ours.body.toString('utf8'), instead, stem)
        return
      }
      const theirText = recorded.body.toString('utf8')
      let ourText = ours.body.toString('utf8')
      const [issued] = TOKEN.exec(ourText) ?? []
      const [theirs] = TOKEN.exec(theirText) ?? []
      if (issued !== undefined && theirs !== undefined) {
        tokens.set(theirs, issued)
        ourText = ourText.replace(issued, theirs)
      }
      if (isUnordered) assert.deepEqual(entries(ourText), entries(theirText), stem)
      else assert.equal(ourText, theirText, stem)
      assertSameHead(ours, recorded)
    },
    async stream(stem) {
      const recorded = recordedReply(stem)
      const connects = () => events.filter(({ kind }) => kind === 'connected').length
      const before = connects()
      const connection = open(relay.port)
      connection.socket.write(requestOf(stem))
      await until(() => connects() > before)
      const head = await connection.until(parseReply)
      const ourId = head.headers.get('x-request-id') ?? ''
      const theirId = recorded.headers.get('x-request-id') ?? ''
      assert.match(ourId, theirId.startsWith('my-') ? /^my-id-42$/ : /^[0-9a-f]{8}$/)
      const headers = new Map([...head.headers, ['x-request-id', theirId]])
      assertSameHead({ ...head, headers }, recorded)
      return {
        connection,
        async matchesRecording(expected = text => text) {
          const theirText = expected(recorded.body.toString('utf8'))
          const length = Buffer.byteLength(theirText)
          const body = await connection.until(bytes => {
            const arrived = parseReply(bytes)?.body
            return arrived !== undefined && arrived.length >= length ? arrived : null
          })
          assert.equal(body.toString('utf8').replace(`request_id=${ourId}`, `request_id=${theirId}`), theirText, stem)
          compared.add(stem)
        },
      }
    },
  }
}
