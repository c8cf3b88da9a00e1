import { randomUUID } from 'node:crypto'

/** A `multipart/form-data` body (RFC 7578), as `POST /send/file` wants it (RC §3). */
export interface Multipart {
  readonly contentType: string
  readonly body: Uint8Array<ArrayBuffer>
}

export type FormField = readonly [name: string, value: string | FormFile]

export interface FormFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * By hand, because the form encoding of the fetch standard turns every line break of a text into CRLF: the other side
 * would not get what was written.
 */
export function encodeMultipart(fields: readonly FormField[]): Multipart {
  // Nothing that somebody else wrote contains what was made up just now.
  const boundary = `form-${randomUUID()}`
  const parts = fields.flatMap(([name, value]) => {
    const file = typeof value === 'string' ? null : value
    const head = [
      `--${boundary}`,
      `Content-Disposition: form-data; name="${name}"${file === null ? '' : `; filename="${quoted(file.name)}"`}`,
      ...(file === null ? [] : ['Content-Type: application/octet-stream']),
      '\r\n',
    ].join('\r\n')
    return [Buffer.from(head), typeof value === 'string' ? Buffer.from(value) : value.bytes, Buffer.from('\r\n')]
  })
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

/**
 * What would end the value or the line is spelled out, as the fetch standard does it. Unlike there a backslash is doubled:
 * the relay takes it for an escape.
 */
function quoted(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
}
