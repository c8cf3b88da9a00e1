import type { SendOutcome } from '../../../core/adapter.ts'
import { mediaItem } from '../../../protocol/ilink/outgoing.ts'
import { type NewFile, type UploadOutcome, uploadFile } from '../upload.ts'
import { factsOf, wordsOf } from './answers.ts'
import { notSent, refused } from './outcomes.ts'
import type { Part } from './progress.ts'
import type { Open } from './reach.ts'
import type { Try } from './try.ts'

/** Each of three tries at once, after a pause each. */
const MOST_ROUNDS = 3

/** null: it is where messages can name it, or there is nothing to be uploaded. Nobody sees it there, so it may be repeated. */
export async function uploadPart(part: Part, { user: to }: Open, one: Try): Promise<SendOutcome | null> {
  const { ctx, client, options, progress } = one
  if (part.saying.kind !== 'file' || part.item !== null || part.state !== 'waiting') return null
  await one.begin()
  const done = await uploadFile({ ...ctx, client, cdnUrl: options.cdnUrl }, { to, ...fileOf(part.saying, one) })
  ctx.log.info('a file was uploaded', factsOf(done))
  if (done.kind !== 'ok') return notUploaded(done, one)
  part.item = mediaItem(done.media)
  Object.assign(progress, { failures: 0, rounds: 0 })
  await one.save()
  return null
}

function fileOf(
  { name, text }: Extract<Part['saying'], { kind: 'file' }>,
  { message: { file, progress } }: Try,
): Omit<NewFile, 'to'> {
  if (text !== null) return { name, bytes: Buffer.from(text) }
  const bytes = file?.bytes ?? new Uint8Array(0)
  return progress === undefined ? { name, bytes } : { name, bytes, progress }
}

function notUploaded(done: Exclude<UploadOutcome, { kind: 'ok' }>, one: Try): SendOutcome | Promise<SendOutcome> {
  const { progress } = one
  switch (done.kind) {
    case 'refused':
      return refused(progress, wordsOf(done))
    case 'login_needed':
      return one.withoutLogin()
    case 'transport':
      return one.again(done.reason)
    case 'cdn':
      if (done.isFinal) return refused(progress, done.said ?? done.reason)
      progress.rounds++
      return progress.rounds < MOST_ROUNDS ? one.again(done.reason) : notSent(progress, 'upload_failed')
  }
}
