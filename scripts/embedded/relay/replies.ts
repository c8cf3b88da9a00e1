/** What an endpoint answers with, and the errors it throws instead. RC §5: "Two families." */

/** A: always 200 and `错误：detail`. B: the real status and `错误 <status>：detail`. */
export type Family = 'A' | 'B'

export interface Reply {
  readonly status: number
  /** null: no body and no type, as with the redirect of transcript 905. */
  readonly type: string | null
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Called once, when the reply was written completely or can not be any more. */
  readonly settled?: (complete: boolean) => void
}

const TEXT = 'text/plain; charset=utf-8'
const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json'

export function text(body: string, status = 200): Reply {
  return { status, type: TEXT, body }
}

export function html(body: string | Uint8Array): Reply {
  return { status: 200, type: HTML, body }
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return { status, type: JSON_TYPE, body: JSON.stringify(value), headers }
}

/** `{"detail":…}`: what the framework answers by itself, on every endpoint. */
export function detail(status: number, message: string, headers: Record<string, string> = {}): Reply {
  return json({ detail: message }, status, headers)
}

/** The request was understood, and the answer is no. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Problem {
  /** `['body', 'to_id']`, shown as `body -> to_id`. */
  readonly location: readonly (string | number)[]
  readonly message: string
}

/** Validation failed. The message texts are those of Pydantic 2; a client may match the location only. */
export class InvalidRequest extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ location, message }) => `${location.join(' -> ')}: ${message}`).join('; '))
    this.problems = problems
  }
}

interface UnreadableDetails {
  readonly message?: string
  readonly status?: number
  readonly cause?: unknown
}

/** The body can not be read at all: answered by the framework, not by the endpoint. */
export class UnreadableBody extends Error {
  readonly status: number

  constructor({ message = 'There was an error parsing the body', status = 400, cause }: UnreadableDetails = {}) {
    super(message, { cause })
    this.status = status
  }
}

/** Nobody is left to answer. */
export class ClientGone extends Error {}

/** The reply to something an endpoint threw; null when it is none of the foreseen. */
export function errorReply(error: unknown, family: Family): Reply | null {
  if (error instanceof Refusal) {
    return family === 'A'
      ? text(`错误：${error.message}`)
      : text(`错误 ${error.status}：${error.message}`, error.status)
  }
  if (error instanceof InvalidRequest) return text(`请求格式错误：${error.message}`, family === 'A' ? 200 : 422)
  if (error instanceof UnreadableBody) {
    // Nobody knows how much of an endless body would still come: the connection ends with the reply.
    return detail(error.status, error.message, error.status === 413 ? { connection: 'close' } : {})
  }
  return null
}

/** RC §5, "unhandled exception" (transcript 906). */
export const internalError: Reply = text('Internal Server Error', 500)
