import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'relay')

/** What a sender really sent, as `*.truth.json` tells. */
export interface Truth {
  readonly type: 'chat' | 'friend_request' | 'system'
  readonly from_id?: number
  readonly from_name?: string
  readonly from_description?: string | null
  readonly content?: string
  readonly attachment?: string
  readonly peer_id?: number
  readonly peer_name?: string
}

export function fixtureNames(pattern: RegExp): string[] {
  return readdirSync(FOLDER)
    .filter(name => pattern.test(name))
    .sort()
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(join(FOLDER, name))
}

export function fixtureTruth(stem: string): readonly Truth[] {
  return JSON.parse(readFileSync(join(FOLDER, `${stem}.truth.json`), 'utf8')) as Truth[]
}

export interface RecordedReply {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export function fixtureReply(stem: string): RecordedReply {
  const bytes = fixtureBytes(`${stem}.http`)
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map(line => {
      const at = line.indexOf(':')
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const
    }),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body: bytes.subarray(end + 4) }
}

export function fixtureText(stem: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(fixtureReply(stem).body)
}
