/** What the tests of the faults share: hang-ups at a chosen moment, and replies that can not leave the relay. */

import type { RelayEvent } from '../../../scripts/embedded/relay/server.ts'
import { type Connection, open, parseReply, request } from './raw-http.ts'
import { call, type Household, readInbox, send, type TestRelay, type TestUser, unchunked } from './test-relay.ts'

export function kinds<K extends RelayEvent['kind']>(
  { events }: Pick<TestRelay, 'events'>,
  kind: K,
): Extract<RelayEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<RelayEvent, { kind: K }> => event.kind === kind)
}

const contentsIn = (text: string) => [...text.matchAll(/(?:^|\n)内容：(.*)/g)].map(([, content]) => content)

/** What the messages said that the relay lost, as it tells. */
export function lostContents(home: Pick<TestRelay, 'events'>): (string | undefined)[] {
  return kinds(home, 'lost').flatMap(({ payload }) => contentsIn(payload))
}

export async function inboxContents(home: Household, user: TestUser = home.bob): Promise<(string | undefined)[]> {
  return contentsIn(await readInbox(home.port, user))
}

/** A stream that is registered; whether its head has come is up to the clock. */
export async function registerStream(home: Household, user: TestUser = home.bob): Promise<Connection> {
  const before = kinds(home, 'connected').length
  const connection = open(home.port)
  connection.socket.write(request('GET /stream', { 'x-token': user.token }))
  await home.until(() => kinds(home, 'connected').length > before)
  return connection
}

export function streamText(connection: Connection): string {
  return unchunked(parseReply(connection.received())?.body ?? Buffer.alloc(0)).toString('utf8')
}

export async function untilText(connection: Connection, part: string): Promise<void> {
  await connection.until(() => (streamText(connection).includes(part) ? true : null))
}

/** A stream whose `log` event has come, after the moment for which a faithful relay holds its head back. */
export async function openFaithfully(home: Household, user: TestUser = home.bob): Promise<Connection> {
  const connection = await registerStream(home, user)
  home.clock.advance(1)
  await untilText(connection, 'event: log')
  return connection
}

/** Hangs up and waits until the relay has noticed. */
export async function hangUp(home: Household, connection: Connection): Promise<void> {
  const before = kinds(home, 'disconnected').length
  connection.close()
  await home.until(() => kinds(home, 'disconnected').length > before)
}

/** Requests of bob behind so much unread data that no reply to them can leave the relay. */
export async function stuckRequests(home: Household, lines: readonly string[]): Promise<Connection> {
  await call(home.port, 'PUT /homepage', { token: home.alice.token, body: `<p>${'x'.repeat(500_000)}` })
  const connection = open(home.port)
  connection.socket.pause()
  const pages = Array.from({ length: 24 }, () => request(`GET /homepage/${home.alice.id}`))
  const own = lines.map(line => request(line, { 'x-token': home.bob.token }))
  const before = kinds(home, 'request').length
  connection.socket.write(Buffer.concat([...pages, ...own]))
  await home.until(() => kinds(home, 'request').length >= before + pages.length + own.length)
  return connection
}

/** Waits until bob's inbox holds so many, seen in the preview of a send, which takes nothing out of it. */
export async function untilWaiting({ port, alice, bob }: Household, count: number): Promise<void> {
  for (;;) {
    const preview = await send(port, bob, alice, 'look')
    if (Number(/收件箱共 (\d+) 条/.exec(preview)?.[1] ?? 0) === count) return
  }
}
