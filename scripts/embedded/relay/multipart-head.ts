/** The head of one part of a `multipart/form-data` body, and the boundary of the whole. */

export interface PartHead {
  readonly name: string
  /** null for a plain field. Passed on unchanged: path components and line breaks are the sender's (RC §8.1). */
  readonly fileName: string | null
}

/** Non-UTF-8 names and fields are read as Latin-1, like the relay's framework does. */
export function lenientText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('latin1')
  }
}

/** Parameters of a header value: `form-data; name="to_id"`. Quoted values may hold anything, escaped by a backslash. */
function parameters(value: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const [, key = '', quoted, plain = ''] of value.matchAll(
    /;[ \t]*([^\s=;"]+)=(?:"((?:\\[\s\S]|[^"\\])*)"|([^;\r\n]*))/g,
  )) {
    // Only quotes and backslashes are ever escaped; `\U` in a Windows path is text.
    found.set(key.toLowerCase(), quoted === undefined ? plain.trim() : quoted.replaceAll(/\\(["\\])/g, '$1'))
  }
  return found
}

/** `filename*=UTF-8''…`, the form of some HTTP libraries for names that are not ASCII. */
function extendedValue(value: string | undefined): string | null {
  const encoded = /^utf-8'[^']*'(.*)$/is.exec(value ?? '')?.[1]
  if (encoded === undefined) return null
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

/** `bytes` is what stands before the blank line. Lines end at CRLF only: a lone LF is part of a value (transcript 421). */
export function parsePartHead(bytes: Uint8Array): PartHead | null {
  const disposition = lenientText(bytes)
    .split('\r\n')
    .find(line => /^content-disposition[ \t]*:/i.test(line))
  if (disposition === undefined) return null
  const given = parameters(disposition.slice(disposition.indexOf(':') + 1))
  const name = given.get('name')
  if (name === undefined) return null
  return { name, fileName: extendedValue(given.get('filename*')) ?? given.get('filename') ?? null }
}

/** RFC 2046 §5.1.1 allows 70 characters. */
const LONGEST_BOUNDARY = 70

export function boundaryOf(contentType: string): string | null {
  const boundary = parameters(contentType).get('boundary') ?? ''
  return boundary.length > 0 && boundary.length <= LONGEST_BOUNDARY ? boundary : null
}
