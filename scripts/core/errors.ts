import { type Bilingual, inLanguage } from './i18n.ts'

/**
 * The closed set of errors that cross module borders. Each message says what happened and why;
 * `nextStep` says what the reader can do about it.
 */

interface ErrorDetails {
  nextStep?: Bilingual | string
  cause?: unknown
}

/** Texts that a user reads are bilingual; texts for logs may be English only. `message` is the English one. */
export abstract class AppError extends Error {
  readonly text: Bilingual | string
  readonly nextStep: Bilingual | string | undefined

  constructor(text: Bilingual | string, details: ErrorDetails = {}) {
    super(inLanguage(text, 'en'), details.cause === undefined ? undefined : { cause: details.cause })
    this.text = text
    this.nextStep = details.nextStep
  }
}

/** They answered, and the answer was no. Final: repeating the same request gives the same answer. */
export class RefusedError extends AppError {
  override readonly name = 'RefusedError'
  /** HTTP status of the answer; relays refuse with 200 too (RC §5). */
  readonly status: number

  constructor(text: Bilingual | string, details: ErrorDetails & { status: number }) {
    super(text, details)
    this.status = details.status
  }
}

/** They asked us to come back later. */
export class ThrottledError extends AppError {
  override readonly name = 'ThrottledError'
  readonly retryAfterMs: number | undefined

  constructor(text: Bilingual | string, details: ErrorDetails & { retryAfterMs?: number | undefined } = {}) {
    super(text, details)
    this.retryAfterMs = details.retryAfterMs
  }
}

/** No answer came, or one that says nothing: the outcome of the request is open. */
export class UnreachableError extends AppError {
  override readonly name = 'UnreachableError'
  /** Short reason for logs: `http_502`, `ECONNREFUSED`, `timeout`. Never text of the other side. */
  readonly reason: string

  constructor(text: Bilingual | string, details: ErrorDetails & { reason: string }) {
    super(text, details)
    this.reason = details.reason
  }
}

/** Something was asked for that may or may not have been done: exit code 3, and never repeated by itself. */
export class OutcomeUnknownError extends AppError {
  override readonly name = 'OutcomeUnknownError'
}

/** Our credentials are not valid there: stop until the configuration changes. */
export class UnauthorizedError extends AppError {
  override readonly name = 'UnauthorizedError'
}

/** Something the user configured or typed has to change first. */
export class ConfigError extends AppError {
  override readonly name = 'ConfigError'
}

/** The command line is wrong: exit code 2. */
export class UsageError extends AppError {
  override readonly name = 'UsageError'
}

/** The disk or the database said no. */
export class StorageError extends AppError {
  override readonly name = 'StorageError'
}

/** The error's code or name, for logs: says what kind, never what text. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const own = (error as { code?: unknown }).code
  if (typeof own === 'string' && own !== '') return own
  if (error.cause instanceof Error) return errorCode(error.cause)
  return error.name
}

/** Where in this program it was thrown, for logs: a file and a line, never the error's text. */
export function errorPlace(error: unknown): string | undefined {
  const frames = error instanceof Error ? (error.stack ?? '') : ''
  return /scripts\/([\w./-]+:\d+):\d+/.exec(frames)?.[1]
}

/** True when `error` is how an aborted wait or request ends. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || errorCode(error) === 'ABORT_ERR')
}
