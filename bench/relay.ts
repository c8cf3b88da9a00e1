import { join } from 'node:path'
import type { Order, Report } from './flood-server.ts'
import { type Child, start } from './processes.ts'

/** The contenders, as the relay tells them apart. */
export const OURS = 'a'.repeat(32)
export const THEIRS = 'b'.repeat(32)

/** The flood server, as the bench sees it. */
export interface Relay {
  readonly url: string
  /** Resolves with the moment at which the next client has its stream. */
  nextStream(token: string): Promise<number>
  /** Makes the bytes of these messages ready. */
  prepare(first: number, count: number): Promise<void>
  /** Pushes them. Resolves, when all is written, with the moment of the first byte. */
  flood(token: string): Promise<number>
  /** Pushes messages one by one. Resolves, behind the last, with the moment of each write. */
  pace(order: Omit<Extract<Order, { kind: 'pace' }>, 'kind'>): Promise<readonly number[]>
  stop(): Promise<void>
}

export async function startRelay(): Promise<Relay> {
  const server = start(process.execPath, [join(import.meta.dirname, 'flood-server.ts')], { ipc: true })
  const port = await reported(server, report => (report.kind === 'listening' ? report.port : undefined))

  function order<T>(what: Order, select: (report: Report) => T | undefined): Promise<T> {
    const answer = reported(server, select)
    server.send(what)
    return answer
  }

  return {
    url: `http://127.0.0.1:${port}`,
    nextStream: token =>
      reported(server, report => (report.kind === 'stream' && report.token === token ? report.openedAt : undefined)),
    async prepare(first, count) {
      await order({ kind: 'prepare', first, count }, report => (report.kind === 'prepared' ? true : undefined))
    },
    flood: token => order({ kind: 'flood', token }, report => (report.kind === 'flooded' ? report.beganAt : undefined)),
    pace: what => order({ kind: 'pace', ...what }, report => (report.kind === 'paced' ? report.sentAt : undefined)),
    stop: () => server.stop(),
  }
}

function reported<T>(server: Child, select: (report: Report) => T | undefined): Promise<T> {
  return server.received(message => select(message as Report))
}
