/** Writing answers, whole or spoilt. */

import type { ServerResponse } from 'node:http'
import { type Answer, jsonAnswer, textAnswer } from './answers.ts'
import type { Fault } from './faults.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { wireJson } from './wire.ts'

/** What a gateway shows. */
const PAGE = '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>'

/** A fault that stands in the place of the answer; null: it does something else. */
export function answerInstead(fault: Fault, sessionTimeout: () => Answer): Answer | null {
  switch (fault.kind) {
    case 'http':
      return textAnswer(fault.status, fault.body ?? '', fault.headers)
    case 'html':
      return textAnswer(fault.status ?? 200, PAGE, { 'content-type': 'text/html' })
    case 'empty body':
      return textAnswer(200, '')
    case 'invalid json':
      return textAnswer(200, '{"ret":0,"msgs":[', { 'content-type': 'application/json' })
    case 'json':
      return textAnswer(200, wireJson(fault.body), { 'content-type': 'application/json' })
    case 'ret': {
      const { kind: _, ...fields } = fault
      return jsonAnswer(fields)
    }
    case 'session timeout':
      return sessionTimeout()
    default:
      return null
  }
}

/** true: the client got all of what it was meant to get. */
export async function write(response: ServerResponse, answer: Answer): Promise<boolean> {
  if (response.destroyed) return false
  const isWhole = await new Promise<boolean>(resolve => {
    response.once('close', () => resolve(response.writableFinished))
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
    response.end(answer.body)
  })
  if (isWhole) answer.onSent?.()
  return isWhole
}

export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

/** The head promises all of it, half of it leaves, then the connection ends. */
export function writeHalf(response: ServerResponse, answer: Answer): Promise<false> {
  return new Promise(resolve => {
    response.once('close', () => resolve(false))
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
    response.write(answer.body.subarray(0, answer.body.length >> 1), () => response.socket?.destroySoon())
  })
}

export function truncated(answer: Answer): Answer {
  return { ...answer, body: answer.body.subarray(0, answer.body.length >> 1) }
}

export function withWrongBytes(answer: Answer): Answer {
  return { ...answer, body: Buffer.from(answer.body.map(byte => byte ^ 0x5a)) }
}

export async function writeSlowly(
  response: ServerResponse,
  answer: Answer,
  { pieces, everyMs, clock }: { pieces: number; everyMs: number; clock: VirtualClock },
): Promise<boolean> {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
  const size = Math.ceil(answer.body.length / Math.max(1, pieces))
  for (let at = 0; at < answer.body.length && !response.destroyed; at += size) {
    response.write(answer.body.subarray(at, at + size))
    await pause(response, everyMs, clock)
  }
  if (response.destroyed) return false
  response.end()
  answer.onSent?.()
  return true
}

/** Over at once when the client has gone. */
export function pause(response: ServerResponse, ms: number, clock: VirtualClock): Promise<void> {
  return new Promise(resolve => {
    const cancel = clock.after(ms, done)
    function done(): void {
      cancel()
      response.off('close', done)
      resolve()
    }
    response.once('close', done)
    if (response.destroyed) done()
  })
}

export function gone(response: ServerResponse): Promise<false> {
  return new Promise(resolve => {
    response.once('close', () => resolve(false))
    if (response.destroyed) resolve(false)
  })
}
