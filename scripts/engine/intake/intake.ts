import { type Clock, utcSeconds } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { errorCode, errorPlace } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { logRequest } from '../../store/request-log.ts'
import type { Writer } from '../../store/writer.ts'
import type { Ingest } from '../ingest.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { createAbotDoor } from './abot-door.ts'
import {
  type Answer,
  type Asking,
  type Body,
  type Door,
  failure,
  LARGEST_BODY_BYTES,
  type Outcome,
  TOO_LARGE,
} from './exchange.ts'
import { createKeeping } from './keeping.ts'
import { createSendDoor, type SendDoorOptions } from './send-door.ts'
import { createStrangers } from './strangers.ts'
import { createSubmitting } from './submitting.ts'
import { createWebhookDoor } from './webhook-door.ts'

/** What others may ask of the daemon over HTTP, one request at a time. Knows nothing of sockets. */
export interface Intake {
  /**
   * Looks at the head: the answer, or what wants the body for one. That takes as much of it as there is, up to one byte
   * more than `LARGEST_BODY_BYTES`. Nothing here throws.
   */
  begin(asking: Asking): Answer | ((body: Body) => Promise<Answer>)
}

export interface IntakeOptions {
  /** The configuration in force; null: none. */
  readonly config: () => Config | null
  readonly ingest: Ingest
  readonly outbox: Outbox
  readonly wechat: SendDoorOptions['wechat']
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Logger
}

export function createIntake(options: IntakeOptions): Intake {
  const { config, outbox, wechat, writer, clock, log } = options
  const strangers = createStrangers(options)
  const keeping = createKeeping(options)
  const submitting = createSubmitting(outbox)

  function doorAt(path: string): Door | null {
    const inForce = config()
    if (inForce === null) return null
    const { webhooks, wechatAbot } = inForce
    const inbound = webhooks.inbound.find(one => one.path === path)
    if (inbound !== undefined) return createWebhookDoor(inbound, { keeping, strangers, writer, clock })
    if (wechatAbot === null) return null
    switch (path) {
      case '/im/inbound':
        return createAbotDoor(wechatAbot, { keeping, strangers })
      case '/messages/send':
      case '/api/messages/send':
        return createSendDoor(wechatAbot, { outbox, wechat, submitting, strangers, clock })
      default:
        return null
    }
  }

  /** What is wrong with a head, whoever it is for. */
  function badHead({ headers }: Asking): Answer | null {
    if (!['', 'identity'].includes((headers['content-encoding'] ?? '').toLowerCase())) return ENCODED
    return Number(headers['content-length'] ?? 0) > LARGEST_BODY_BYTES ? TOO_LARGE : null
  }

  function finish({ answer, note }: Outcome, { name, startedAt, bytes }: Measured): Answer {
    if (note === null) return answer
    const { status: httpStatus } = answer
    const durationMs = Math.round(clock.monotonic() - startedAt)
    const { status, event = null, eventId = null, requestId, test = false } = note
    log.info('a request was answered', {
      intake: name,
      direction: 'in',
      eventId,
      status,
      httpStatus,
      durationMs,
      requestId,
    })
    // What waits for a disk that refuses must not become more without end.
    if (writer.waiting > MOST_WAITING) return answer
    const ok = httpStatus < 400 && status !== 'echo'
    const error = ok && status !== 'duplicate' ? null : status
    writer
      .write(database =>
        logRequest(database, {
          name,
          direction: 'in',
          at: utcSeconds(clock.now()),
          eventId,
          event,
          attempt: 1,
          httpStatus,
          ok,
          durationMs,
          error,
          bytes,
          test,
        }),
      )
      .catch(cause => log.warn('a request was not noted', { error: errorCode(cause) }))
    return answer
  }

  function failed(error: unknown): Outcome {
    writer.suspect(error)
    log.error('a request failed', { error: errorCode(error), at: errorPlace(error) })
    return { answer: FAILED, note: { status: 'failed' } }
  }

  return {
    begin(asking) {
      const startedAt = clock.monotonic()
      const door = doorAt(asking.path)
      if (door === null) return NOT_FOUND
      const { name } = door
      const bad = badHead(asking)
      const entered = bad === null ? door.enter(asking) : strangers.refuse(bad)
      if (typeof entered !== 'function') return finish(entered, { name, startedAt, bytes: 0 })
      return async body => {
        const measured = { name, startedAt, bytes: body.length }
        if (body.length > LARGEST_BODY_BYTES) return finish(strangers.refuse(TOO_LARGE), measured)
        try {
          return finish(await entered(body), measured)
        } catch (error) {
          return finish(failed(error), measured)
        }
      }
    },
  }
}

/** Rows of the request log, or anything else, that wait for a commit. */
const MOST_WAITING = 1000

interface Measured {
  readonly name: string
  readonly startedAt: number
  readonly bytes: number
}

const NOT_FOUND = failure(404, 'not_found', { en: 'There is nothing here.', zh: '此处没有任何内容。' })

const ENCODED = failure(415, 'unsupported_encoding', {
  en: 'Compressed bodies are not taken.',
  zh: '不接受压缩的正文。',
})

const FAILED = failure(
  503,
  'unavailable',
  { en: 'It could not be handled now. Send it again later.', zh: '暂时无法处理。请稍后重新发送。' },
  { headers: { 'Retry-After': '30' }, retry_after: 30 },
)
