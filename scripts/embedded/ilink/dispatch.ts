/** One request from its first byte to its answer: recorded, perhaps hit by a fault, checked, carried out. */

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { objectOf, parseJson } from '../../protocol/webhook/json-text.ts'
import { type Answer, refusal, textAnswer } from './answers.ts'
import {
  answerInstead,
  gone,
  pause,
  reset,
  truncated,
  withWrongBytes,
  write,
  writeHalf,
  writeSlowly,
} from './fault-answers.ts'
import type { Hit } from './faults.ts'
import type { Origin, RecordedRequest } from './request-log.ts'
import { type Route, routeOf } from './routes.ts'
import { checkRequest } from './strict.ts'
import type { Call, World } from './world.ts'

/** "Size cap 100 MB" (IL §8), and a block of padding. */
const LONGEST_BODY_BYTES = 100 * 1024 * 1024 + 16

export interface Incoming {
  readonly origin: Origin
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Never rejects. */
export async function serve(world: World, incoming: Incoming): Promise<void> {
  const { request, response } = incoming
  try {
    const { bytes, isWhole: isSaid } = await readBody(request)
    const url = new URL(request.url ?? '/', 'http://simulator.invalid')
    const recorded = record(world, incoming, { url, bytes })
    if (!isSaid) {
      world.log.answered(recorded, { status: 0, body: '', fault: 'client gone', isWhole: false })
      return
    }
    // Whoever waits for this request goes on after the present step, when it is held or answered.
    world.changed()
    const route = routeOf(recorded.method, url.pathname)
    const call: Call = {
      recorded,
      response,
      query: url.searchParams,
      body: objectOf(parseJson(bytes.toString('utf8'))) ?? {},
      bytes,
      violate: (rule, detail) => world.log.violate({ request: recorded.number, rule, detail }),
    }
    const isSound = typeof route !== 'number' && checkRequest(world, route, call)
    const hit = typeof route === 'number' ? null : world.faults.take(route, recorded)
    const { answer, isWhole } = await answerTo(world, { route, call, isSound, hit })
    const text = answer?.headers['content-type'] === 'application/octet-stream' ? '' : answer?.body.toString('utf8')
    world.log.answered(recorded, {
      status: answer?.status ?? 0,
      body: text ?? '',
      fault: hit?.fault.kind ?? null,
      isWhole,
    })
  } catch (error) {
    // The simulator's own fault: a test has to see it.
    if (response.headersSent) response.destroy()
    else await write(response, textAnswer(500, error instanceof Error ? (error.stack ?? error.message) : 'unknown'))
  } finally {
    world.changed()
  }
}

/** Not whole: the client hung up before it had said all. */
function readBody(request: IncomingMessage): Promise<{ bytes: Buffer; isWhole: boolean }> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let received = 0
    request.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > LONGEST_BODY_BYTES) request.destroy()
      else chunks.push(chunk)
    })
    const end = (isWhole: boolean) => resolve({ bytes: Buffer.concat(chunks), isWhole })
    request.once('end', () => end(true))
    request.once('close', () => end(false))
    request.once('error', () => end(false))
  })
}

function record(
  world: World,
  { origin, request }: Incoming,
  { url, bytes }: { url: URL; bytes: Buffer },
): RecordedRequest {
  const isFile = url.pathname.startsWith('/c2c/')
  const digest = () => `<${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}>`
  return world.log.record({
    at: world.clock.now(),
    origin,
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : `${value}`,
      ]),
    ),
    body: isFile ? digest() : bytes.toString('utf8'),
  })
}

interface Work {
  readonly route: Route | 404 | 405
  readonly call: Call
  /** Nothing is missing that strict mode wants. */
  readonly isSound: boolean
  readonly hit: Hit | null
}

interface Answered {
  readonly answer: Answer | null
  readonly isWhole: boolean
}

async function answerTo(world: World, work: Work): Promise<Answered> {
  const { hit, call } = work
  const { response } = call
  const { clock } = world
  if (hit === null) return whole(await handle(world, work))

  const { fault, isHandled } = hit
  if (fault.kind === 'delay' && !isHandled) {
    await pause(response, fault.ms, clock)
    return whole(await handle(world, work))
  }
  const answer = isHandled ? await handle(world, work) : null
  const instead = answerInstead(fault, () => world.sessionTimeout())
  if (instead !== null) return whole(instead)
  switch (fault.kind) {
    case 'delay':
      await pause(response, fault.ms, clock)
      return whole(answer)
    case 'hang':
      return { answer: null, isWhole: await gone(response) }
    case 'reset':
      reset(response)
      return { answer: null, isWhole: false }
    case 'half':
      return { answer, isWhole: answer !== null && (await writeHalf(response, answer)) }
    case 'truncated':
      return whole(answer === null ? null : truncated(answer))
    case 'wrong bytes':
      return whole(answer === null ? null : withWrongBytes(answer))
    case 'slow':
      return { answer, isWhole: answer !== null && (await writeSlowly(response, answer, { ...fault, clock })) }
    default:
      return whole(answer)
  }

  async function whole(given: Answer | null): Promise<Answered> {
    return { answer: given, isWhole: given !== null && (await write(response, given)) }
  }
}

function handle(world: World, { route, call, isSound }: Work): Answer | null | Promise<Answer | null> {
  if (typeof route === 'number') {
    call.violate('unknown-route', `${call.recorded.method} ${call.recorded.path}`)
    return textAnswer(route, 'not found')
  }
  if (route.auth !== 'bearer') {
    return isSound || !world.isStrict ? route.endpoint(world, call) : refusal(-3, 'invalid arguments')
  }
  // "Leaving out AuthorizationType makes the session time out at once", and so do the others (IL §2).
  if (!isSound && world.isStrict) return world.sessionTimeout()
  const token = /^Bearer (\S+)$/.exec(call.recorded.headers['authorization'] ?? '')?.[1]
  if (token === undefined) call.violate('bearer-missing', 'Authorization')
  const bot = token === undefined ? null : world.bots.byToken(token)
  if (token !== undefined && bot === null) call.violate('bearer-unknown', 'a token that was never issued')
  if (!bot?.isLive) return world.sessionTimeout()
  // "API base after login: baseurl from the confirmed QR status."
  if (bot.origin !== call.recorded.origin)
    call.violate('wrong-base', `${call.recorded.origin} instead of ${bot.origin}`)
  return route.endpoint(world, { ...call, bot })
}
