import type { FetchAnswer, FetchLike } from '../../scripts/core/fetch.ts'

/** An answer whose body arrives in exactly these chunks, then ends or breaks. */
export function chunkedAnswer(
  chunks: readonly Uint8Array[],
  {
    status = 200,
    headers = {},
    breakWith,
  }: { status?: number; headers?: Record<string, string>; breakWith?: Error } = {},
): FetchAnswer {
  let next = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[next++]
      if (chunk !== undefined) controller.enqueue(chunk)
      else if (breakWith !== undefined) controller.error(breakWith)
      else controller.close()
    },
  })
  const all = new Map(Object.entries({ 'content-type': 'text/event-stream; charset=utf-8', ...headers }))
  return { status, headers: { get: name => all.get(name) ?? null }, body }
}

export function alwaysAnswer(answer: () => FetchAnswer): FetchLike {
  return () => Promise.resolve(answer())
}
