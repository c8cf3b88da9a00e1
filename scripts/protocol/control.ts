import {
  AppError,
  ConfigError,
  OutcomeUnknownError,
  RefusedError,
  StorageError,
  ThrottledError,
  UnauthorizedError,
  UnreachableError,
  UsageError,
} from '../core/errors.ts'
import { type Bilingual, bilingual } from '../core/i18n.ts'

/**
 * What a command and the running daemon say to each other over the control socket: one JSON object a line. The command
 * asks once; the daemon answers with any number of progress lines and then one result or error.
 */
export interface ControlRequest {
  /** From the file that only this user can read. */
  readonly token: string
  readonly action: string
  readonly params: unknown
}

export type ControlReply =
  | { readonly progress: { readonly done: number; readonly total: number } }
  | { readonly result: unknown }
  | { readonly error: WireError }

export interface WireError {
  readonly name: string
  readonly text: Bilingual
  readonly next?: Bilingual
  readonly status?: number
  readonly reason?: string
}

export function encodeLine(message: ControlRequest | ControlReply): string {
  return `${JSON.stringify(message)}\n`
}

/** null for anything that is no request: whoever sent it is not one of our commands. */
export function parseRequest(line: string): ControlRequest | null {
  const value = parseObject(line)
  if (value === null || typeof value['token'] !== 'string' || typeof value['action'] !== 'string') return null
  return { token: value['token'], action: value['action'], params: value['params'] }
}

export function parseReply(line: string): ControlReply | null {
  const value = parseObject(line)
  if (value === null) return null
  return 'progress' in value || 'result' in value || 'error' in value ? (value as unknown as ControlReply) : null
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

export function toWire(error: unknown): WireError {
  if (!(error instanceof AppError)) {
    const text = { en: 'The daemon failed at this. Its log says more.', zh: '守护进程处理时出错，详见其日志。' }
    return { name: 'StorageError', text }
  }
  return {
    name: error.name,
    text: bilingual(error.text),
    ...(error.nextStep === undefined ? {} : { next: bilingual(error.nextStep) }),
    ...(error instanceof RefusedError ? { status: error.status } : {}),
    ...(error instanceof UnreachableError ? { reason: error.reason } : {}),
  }
}

/** The same error again, so that it does not matter to a command who did the work. */
export function fromWire({ name, text, next, status = 0, reason = 'unknown' }: WireError): AppError {
  const details = next === undefined ? {} : { nextStep: next }
  switch (name) {
    case 'RefusedError':
      return new RefusedError(text, { ...details, status })
    case 'UnreachableError':
      return new UnreachableError(text, { ...details, reason })
    case 'ThrottledError':
      return new ThrottledError(text, details)
    case 'UnauthorizedError':
      return new UnauthorizedError(text, details)
    case 'OutcomeUnknownError':
      return new OutcomeUnknownError(text, details)
    case 'UsageError':
      return new UsageError(text, details)
    case 'ConfigError':
      return new ConfigError(text, details)
    default:
      return new StorageError(text, details)
  }
}
