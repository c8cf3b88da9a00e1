import type { IlinkReply } from '../../../scripts/protocol/ilink/reply.ts'

/** An answer with 200 that came whole: the JSON of a value, or a text as it is. */
export function reply(body: unknown, changes: Partial<IlinkReply> = {}): IlinkReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status: 200, body: Buffer.from(text), complete: true, ...changes }
}
