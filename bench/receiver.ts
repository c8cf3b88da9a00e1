import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { now } from './time.ts'

/**
 * Who is pushed to, in a process of its own: takes everything. When the last of those that were announced was answered, it
 * tells when, and when the warm-up was over.
 */
export interface Expected {
  readonly count: number
  /** The first ones are not counted. */
  readonly warmUp: number
}

export type Told =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'took'; readonly beganAt: number; readonly endedAt: number; readonly bytes: number }

let expected: Expected = { count: 0, warmUp: 0 }
let taken = 0
let bytes = 0
let beganAt = 0

function tell(told: Told): void {
  process.send?.(told)
}

const server = createServer((request, response) => {
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  request.on('end', () => {
    response.end()
    taken++
    if (taken === expected.warmUp) beganAt = now()
    if (taken === expected.count) tell({ kind: 'took', beganAt, endedAt: now(), bytes })
  })
})
server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }))

process.on('message', order => {
  expected = order as Expected
  taken = 0
  bytes = 0
})
process.on('disconnect', () => process.exit())
