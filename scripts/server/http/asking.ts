import type { IncomingMessage } from 'node:http'

/** Who asks for what, as far as the head tells: what a guard looks at before anything is read. */
export interface Asking {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  /** Every Host header. */
  readonly hosts: readonly string[]
  readonly origin: string | undefined
  /** Sec-Fetch-Site: who made the browser ask. */
  readonly site: string | undefined
}

export interface Refusal {
  readonly status: 400 | 403 | 405 | 421
  readonly error: 'bad_target' | 'cross_site' | 'method_not_allowed' | 'wrong_host'
}

/** This machine's own names. */
export const LOOPBACK_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

export function askingOf(request: IncomingMessage): Asking {
  const { origin, 'sec-fetch-site': site } = request.headers
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    hosts: request.headersDistinct['host'] ?? [],
    origin,
    site: site === undefined ? undefined : String(site),
  }
}
