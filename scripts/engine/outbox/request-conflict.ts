import { RefusedError } from '../../core/errors.ts'

/** Somebody repeats a request id, and means another message by it: which of the two is wanted nobody can tell. */
export function requestConflict(requestId: string): RefusedError {
  const id = JSON.stringify(requestId)
  return new RefusedError(
    {
      en: `The request id ${id} was given to another message before. Nothing was sent.`,
      zh: `请求编号 ${id} 已用于另一条消息。未发送任何内容。`,
    },
    {
      status: 409,
      nextStep: { en: 'Use a new request id for a new message.', zh: '新消息请使用新的请求编号。' },
    },
  )
}
