import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { utcSeconds } from '../../core/clock.ts'
import { TEST_EVENT } from '../../core/events.ts'
import { editConfigFile } from '../../store/config-edit.ts'
import { reviveDead } from '../../store/deliveries.ts'
import { logRequest } from '../../store/request-log.ts'
import { dropSink, resumeSink } from '../../store/sinks.ts'
import type { Action } from './action.ts'
import { editWebhooks, WEBHOOK_EDIT, type WebhookEdit, type WebhookEdited } from './webhooks-edit.ts'

/** Letters, digits, "-" and "_": what every header and every form of a provider takes. */
const SECRET_BYTES = 32

/** The daemon follows the changed file by itself; the queue is changed here. */
export const webhooksEdit: Action<WebhookEdit, WebhookEdited> = {
  name: 'webhooks-edit',
  params: WEBHOOK_EDIT,
  async run(edit, { folder, writer, queues }) {
    let edited: WebhookEdited | undefined
    await editConfigFile(folder.file('config.json'), value => {
      const after = editWebhooks(value, edit, () => randomBytes(SECRET_BYTES).toString('base64url'))
      edited = after.edited
      return after.config
    })
    const sink = `webhook:${edit.name}`
    if (edit.verb === 'delete') await writer.write(database => dropSink(database, sink))
    if (edit.verb === 'switch' && edit.enabled) await writer.write(database => resumeSink(database, sink))
    queues.kick(sink)
    if (edited === undefined) throw new Error('The edit was not made')
    return edited
  },
}

export interface RedeliverParams {
  /** `webhook:ops`, `wechat_abot` */
  readonly sink: string
  /** Only this one. */
  readonly eventId?: string | undefined
}

/** Dead letters wait again, with all their tries before them. */
export const webhooksRedeliver: Action<RedeliverParams, { revived: number }> = {
  name: 'webhooks-redeliver',
  params: z.object({ sink: z.string().max(60), eventId: z.string().max(256).optional() }),
  async run({ sink, eventId }, { writer, queues }) {
    const revived = await writer.write(database => reviveDead(database, sink, { eventId }))
    if (revived > 0) queues.kick(sink)
    return { revived }
  },
}

export interface TestMade {
  readonly name: string
  readonly direction: 'in' | 'out'
  readonly eventId: string
  readonly httpStatus: number | null
  readonly ok: boolean
  readonly durationMs: number
  readonly error: string | null
  readonly bytes: number
}

/** `webhooks test` makes its request itself; only the holder of the folder writes. */
export const webhooksLogTest: Action<TestMade, object> = {
  name: 'webhooks-log-test',
  params: z.object({
    name: z.string().max(60),
    direction: z.enum(['in', 'out']),
    eventId: z.string().max(256),
    httpStatus: z.int().nullable(),
    ok: z.boolean(),
    durationMs: z.int().min(0),
    error: z.string().max(60).nullable(),
    bytes: z.int().min(0),
  }),
  async run(made, { writer, clock }) {
    const at = utcSeconds(clock.now())
    await writer.write(database => logRequest(database, { ...made, at, event: TEST_EVENT, attempt: 1, test: true }))
    return {}
  },
}
