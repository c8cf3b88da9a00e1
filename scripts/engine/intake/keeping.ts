import type { IncomingPayload, IngestedMessage } from '../../core/adapter.ts'
import type { Clock } from '../../core/clock.ts'
import type { Ingest } from '../ingest.ts'
import { failure } from './exchange.ts'

/** Stores what came in, for somebody who waits for it. */
export interface Keeping {
  /**
   * What became of the payload's one message, after the commit; null when there is none yet: it may come to be stored
   * later, and whoever sent it has to send it again.
   */
  keep(message: Kept): Promise<IngestedMessage | null>
}

export interface Kept {
  readonly source: string
  readonly account: string
  readonly payload: IncomingPayload
}

/** Who pushes to us waits some seconds; a disk that is full is not freed in that time. */
const WAIT_MS = 10_000
/** Bytes. What waits for the disk lies in memory. */
const MOST_WAITING = 64 * 1024 * 1024

export function createKeeping({ ingest, clock }: { ingest: Ingest; clock: Clock }): Keeping {
  let waiting = 0

  async function store({ source, account, payload }: Kept): Promise<IngestedMessage | null> {
    const context = ingest.for(source, account)
    const bytes = payload.body.length
    waiting += bytes
    try {
      await context.room()
      const [ingested = null] = await context.ingest(payload)
      return ingested
    } finally {
      waiting -= bytes
    }
  }

  return {
    async keep(message) {
      if (waiting + message.payload.body.length > MOST_WAITING) return null
      return within(store(message), clock, WAIT_MS)
    },
  }
}

export const NOT_STORED = failure(
  503,
  'unavailable',
  {
    en: 'It could not be stored in time, and may be stored later. Send it again, with the same id.',
    zh: '未能及时存储，之后可能仍会存储。请用相同的编号重新发送。',
  },
  { headers: { 'Retry-After': '30' }, retry_after: 30 },
)

/**
 * null when it takes longer. Whether anybody still waits does not matter: what is committed a moment later is better not
 * sent again.
 */
export async function within<T>(work: Promise<T>, clock: Clock, ms: number): Promise<T | null> {
  const done = new AbortController()
  const late = clock.sleep(ms, done.signal).catch(() => undefined)
  try {
    return await Promise.race([work, late.then(() => null)])
  } finally {
    done.abort()
  }
}
