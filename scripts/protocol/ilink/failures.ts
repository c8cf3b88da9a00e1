/** Why there is no good answer, in the classes that are shown and counted apart (IL "What users hit" 10). */
export type Failure =
  /** The token is not known there any more (IL §13, `-14`): nothing but a new login helps. */
  | { readonly kind: 'login_needed'; readonly errorClass: 'business'; readonly said: string | null }
  /** They said no. `-2` is one code for many reasons, which its words do not tell apart. */
  | {
      readonly kind: 'refused'
      readonly errorClass: 'business'
      /** null: what they gave is no number. */
      readonly code: number | null
      /** In their words, made harmless. */
      readonly said: string | null
    }
  /** No answer of theirs, or none that can be read. */
  | { readonly kind: 'transport'; readonly errorClass: TransportClass; readonly reason: string }

export type TransportClass = 'dns' | 'tcp' | 'tls' | 'timeout' | 'http' | 'unknown'
export type ErrorClass = TransportClass | 'business'

export function transportFailure(reason: string): Failure {
  return { kind: 'transport', errorClass: transportClass(reason), reason }
}

const CLASSES: readonly (readonly [RegExp, TransportClass])[] = [
  [/^(?:ENOTFOUND|ENODATA|EAI_\w+)$/, 'dns'],
  // Only what ends a request that was being answered: a poll that ends so was an empty one (IL §5). Who could not even
  // connect has polled nothing.
  [/^(?:timeout|TimeoutError|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/, 'timeout'],
  [
    /^(?:not_tls|EPROTO|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH|INVALID_\w+|ERR_TLS_\w+|ERR_SSL_\w+)$/,
    'tls',
  ],
  [
    /^(?:http_\d{3}|not_http|not_json|cut|empty_answer|unexpected_answer|head_too_large|wrong_length|bad_compression)$/,
    'http',
  ],
  [/^(?:E[A-Z]+|bad_port|connect_timeout|connection_closed|UND_ERR_(?:SOCKET|CONNECT_TIMEOUT))$/, 'tcp'],
]

/** @param reason of an UnreachableError, or of a failure from here */
export function transportClass(reason: string): TransportClass {
  return CLASSES.find(([pattern]) => pattern.test(reason))?.[1] ?? 'unknown'
}
