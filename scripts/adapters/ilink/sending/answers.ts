import type { LogFields } from '../../../core/logger.ts'
import type { Sent } from '../../../protocol/ilink/answers.ts'
import type { NotDone } from '../client.ts'
import type { UploadOutcome } from '../upload.ts'

/** What is said of answers, to people and in logs. */

export function wordsOf({ code, said }: Extract<NotDone, { kind: 'refused' }>): string {
  return said === null ? `ret ${code}` : `${said} (ret ${code})`
}

/** What may be logged (IL §17). */
export function factsOf(answer: Sent | UploadOutcome): LogFields {
  const outcome = answer.kind
  switch (answer.kind) {
    case 'refused':
      return { outcome, code: answer.code, said: answer.said }
    case 'transport':
    case 'cdn':
      return { outcome, reason: answer.reason }
    default:
      return { outcome }
  }
}
