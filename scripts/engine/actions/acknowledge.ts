import { z } from 'zod'
import { AGENT, acknowledge, readPosition, unreadCount } from '../../store/positions.ts'
import type { Action } from './action.ts'

export interface AcknowledgeParams {
  readonly upTo: number
  /** Address; only what this peer sent. */
  readonly peer?: string | undefined
}

export interface AcknowledgeResult {
  /** Messages that were unread and are read now. */
  readonly acknowledged: number
  /** Everything up to here is read. */
  readonly position: number
  readonly unread_count: number
}

/** The agent has read something. */
export const acknowledgeRead: Action<AcknowledgeParams, AcknowledgeResult> = {
  name: 'acknowledge',
  params: z.object({ upTo: z.int().min(0), peer: z.string().max(300).optional() }),
  async run({ upTo, peer }, { writer, projector }) {
    const result = await writer.write(database => ({
      acknowledged: acknowledge(database, { reader: AGENT, upTo, peer }),
      position: readPosition(database, AGENT).seq,
      unread_count: unreadCount(database, AGENT),
    }))
    await projector.flush()
    return result
  },
}
