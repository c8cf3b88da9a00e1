/** `POST /send` and `POST /send/file`: RC §4.3 and §5. */

import { caller } from '../caller.ts'
import { type Checked, codePoints, insist, integer, integerText, invalid, string } from '../checks.ts'
import { readForm } from '../form.ts'
import type { Part } from '../multipart.ts'
import { lenientText } from '../multipart-head.ts'
import type { Call, Endpoint, Relay } from '../relay.ts'
import { Refusal, text } from '../replies.ts'
import { bodyFields, readJson } from '../request-body.ts'
import { type Sending, type SendingRules, send } from '../sending.ts'

const LONGEST_CONTENT = 1000
const tooLong = 'content 最多 1000 字'
const LARGEST_FILE_BYTES = 10 * 1024 * 1024

/** RC §5: "file name > ~246 bytes" is refused for stored messages. Here for pushed ones too: no event is endless. */
const LONGEST_FILE_NAME_BYTES = 246

/** 1000 characters are at most 4000 bytes; the rest is room for blanks, which are stripped. */
const KEPT_FIELD_BYTES = 64 * 1024

/** What Python's `strip` takes away (RC §8.1: "`/send/file` strips the text"): not the same as `trim`. */
const BLANK = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** By hand: the obvious expression takes quadratic time on a content full of blanks. */
function stripped(content: string): string {
  let start = 0
  let end = content.length
  while (start < end && BLANK.test(content.charAt(start))) start += 1
  while (end > start && BLANK.test(content.charAt(end - 1))) end -= 1
  return content.slice(start, end)
}

export function sendTextBy(rules: SendingRules): Endpoint {
  return async (relay, call) => {
    const body = await readJson(call.request)
    const { user, fields } = insist({
      user: caller(relay, call),
      fields: bodyFields<{ toId: number; content: string }>(body, given => ({
        toId: integer(given['to_id'], ['body', 'to_id']),
        content: string(given['content'], ['body', 'content'], { min: 1, max: LONGEST_CONTENT }),
      })),
    })
    const outgoing = { ...fields, attachment: null }
    return text(send(relay, { sender: user, outgoing, byFile: false }, rules))
  }
}

function formId(part: Part | undefined): Checked<number> {
  const location = ['body', 'to_id']
  if (part === undefined || part.size === 0) return invalid(location, 'Field required')
  return integerText(lenientText(part.bytes), location)
}

/** What is sent with a file; the file itself is thrown away (RC §8.1): only its size and its name count. */
async function readFileForm(relay: Relay, call: Call): Promise<Sending> {
  const form = await readForm(call.request, ({ name }) => (name === 'file' ? 0 : KEPT_FIELD_BYTES))
  const { user, toId } = insist({ user: caller(relay, call), toId: formId(form.get('to_id')) })
  const contentPart = form.get('content')
  const file = form.get('file')
  const content = contentPart === undefined ? '' : stripped(lenientText(contentPart.bytes))
  const attachment = file?.fileName || null
  if (contentPart !== undefined && contentPart.size > KEPT_FIELD_BYTES) throw new Refusal(400, tooLong)
  if (content === '' && attachment === null) throw new Refusal(400, 'content 或 file 至少需提供一个')
  if (codePoints(content) > LONGEST_CONTENT) throw new Refusal(400, tooLong)
  if (file !== undefined && file.size > LARGEST_FILE_BYTES) throw new Refusal(400, '文件大小超过限制（最大 10MB）')
  if (attachment !== null && Buffer.byteLength(attachment) > LONGEST_FILE_NAME_BYTES) {
    throw new Refusal(500, '文件保存失败：文件名过长')
  }
  const outgoing = { toId, content: content === '' ? '(附件)' : content, attachment }
  return { sender: user, outgoing, byFile: true }
}

/** Delivers what came with a file and gives the text of the reply. */
export type DeliverFile = (relay: Relay, sending: Sending) => string | Promise<string>

export function deliverFileBy(rules: SendingRules): DeliverFile {
  return (relay, sending) => send(relay, sending, rules)
}

export function sendFileBy(deliver: DeliverFile): Endpoint {
  return async (relay, call) => text(await deliver(relay, await readFileForm(relay, call)))
}
