/** A whole `multipart/form-data` body by field name. */

import type { IncomingMessage } from 'node:http'
import { createMultipartParser, type Part } from './multipart.ts'
import { boundaryOf, type PartHead } from './multipart-head.ts'
import { UnreadableBody } from './replies.ts'
import { eachChunk, mediaType } from './request-body.ts'

/** No fields at all when the body is something else: it then lacks `to_id` (transcript 413). */
export async function readForm(
  request: IncomingMessage,
  keepBytes: (head: PartHead) => number,
): Promise<Map<string, Part>> {
  const isForm = mediaType(request) === 'multipart/form-data'
  const boundary = isForm ? boundaryOf(request.headers['content-type'] ?? '') : null
  if (isForm && boundary === null) throw new UnreadableBody({ message: 'Missing boundary in multipart.' })
  const parser = boundary === null ? null : createMultipartParser({ boundary, keepBytes })
  await eachChunk(request, chunk => parser?.write(chunk))
  // Of several parts with one name the last one counts.
  return new Map(parser?.end().map(part => [part.name, part]))
}
