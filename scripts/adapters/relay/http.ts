import type { Clock } from '../../core/clock.ts'
import { UnreachableError } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import { type HttpReply, type HttpRequest, request } from '../http.ts'

/**
 * One request to the relay. RC §2: a relay may freeze for seconds, so every time-out has to be far above that.
 *
 * @throws UnreachableError when no response head came, in words about the relay
 */
export async function askRelay(fetch: FetchLike, clock: Clock, options: HttpRequest): Promise<HttpReply> {
  try {
    return await request(fetch, clock, options)
  } catch (error) {
    if (error instanceof UnreachableError) throw noAnswer(error.reason, error.cause)
    throw error
  }
}

/** @param reason a short word of ours, never text of the other side */
export function noAnswer(reason: string, cause?: unknown): UnreachableError {
  return new UnreachableError(
    { en: `No usable answer from the relay (${reason}).`, zh: `中继没有给出可用的答复（${reason}）。` },
    {
      reason,
      nextStep: {
        en: '"doctor" tells whether the address, the network or the relay is at fault.',
        zh: '"doctor" 会说明是地址、网络还是中继的问题。',
      },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
