/** Which bytes a request asks for (RFC 9110 §13, §14). Pure, so that every combination can be tried. */

export type Wanted =
  | { readonly kind: 'whole' }
  /** `end` is the first byte that is not wanted. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'beyond' }
  | { readonly kind: 'unchanged' }

export interface Conditions {
  readonly range?: string | undefined
  readonly ifRange?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

const WHOLE = { kind: 'whole' } as const

export function wantedOf({ range, ifRange, ifNoneMatch }: Conditions, etag: string, size: number): Wanted {
  if (ifNoneMatch !== undefined && lists(ifNoneMatch, etag)) return { kind: 'unchanged' }
  // "If the validator does not match, the server MUST ignore the Range header field."
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== etag)) return WHOLE
  return rangeOf(range, size)
}

/** "A recipient MUST use the weak comparison function when comparing entity tags for If-None-Match." */
function lists(header: string, etag: string): boolean {
  return header.split(',').some(one => {
    const tag = one.trim()
    return tag === '*' || tag === etag || tag === `W/${etag}`
  })
}

/** "A server MAY ignore the Range header field": what is no single range of bytes gets the whole file. */
function rangeOf(header: string, size: number): Wanted {
  const [, first, last] = /^bytes=[ \t]*(\d+)-(\d*)[ \t]*$/i.exec(header) ?? []
  if (first !== undefined) return fromFirst(Number(first), last === '' ? Number.POSITIVE_INFINITY : Number(last), size)
  const suffix = /^bytes=[ \t]*-(\d+)[ \t]*$/i.exec(header)?.[1]
  return suffix === undefined ? WHOLE : lastBytes(Number(suffix), size)
}

function fromFirst(first: number, last: number, size: number): Wanted {
  // "An int-range is invalid if the last-pos value is present and less than first-pos."
  if (last < first) return WHOLE
  return first >= size ? { kind: 'beyond' } : { kind: 'part', start: first, end: Math.min(last + 1, size) }
}

/** "If the selected representation is shorter than the specified suffix-length, the entire representation is used." */
function lastBytes(count: number, size: number): Wanted {
  if (count === 0) return { kind: 'beyond' }
  // Content-Range has no form for the part of nothing.
  return size === 0 ? WHOLE : { kind: 'part', start: Math.max(0, size - count), end: size }
}
