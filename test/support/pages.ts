import assert from 'node:assert/strict'
import { hasInvisible } from '../../scripts/protocol/visible-escape.ts'
import { ANY_LINE_END } from './arbitraries.ts'

/** Reads what the commands print as strictly as it is promised: whatever is not exactly that is a fault. */

export interface PageMessage {
  readonly seq: number
  readonly text: string
}

export interface Page {
  readonly messages: readonly PageMessage[]
  /** The command line for what did not fit. */
  readonly next: string | null
}

const FIELD = '[^()=# ]*'
const PARTY = String.raw`#\d+\(${FIELD}\)`
const HEADER = new RegExp(
  `^seq=(\\d+) at=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ via=(?:stream|poll|import|send) from=(?:unverified|${PARTY})` +
    `(?: friend=yes)?(?: to=${PARTY})? type=(?:chat|friend_request|system|file|unparsed|correction)` +
    `(?: (?:attachment|state|ref)=${FIELD})*(?: truncated=yes)?$`,
  'u',
)
const FRAMED = /^<<<UNTRUSTED_TEXT ([0-9a-f]{16})>>>(.*)<<<END_UNTRUSTED_TEXT ([0-9a-f]{16})>>>$/u
const MORE = /^More: (node .+)$/

export function parsePlainPage(stdout: string): Page {
  assert.ok(stdout.endsWith('\n'))
  checkBytes(stdout)
  const lines = stdout.slice(0, -1).split('\n')
  assert.deepEqual(lines, stdout.slice(0, -1).split(ANY_LINE_END))
  const count = Number(/^Messages: (\d+)\. Unread: \d+\. What stands between /.exec(lines[0] ?? '')?.[1])
  const boundaries = new Set<string>()
  const messages = Array.from({ length: count }, (_, i) => {
    const header = HEADER.exec(lines[1 + 2 * i] ?? '')
    const framed = FRAMED.exec(lines[2 + 2 * i] ?? '')
    assert.ok(header, lines[1 + 2 * i])
    assert.ok(framed, lines[2 + 2 * i])
    assert.equal(framed[1], framed[3])
    boundaries.add(framed[1] ?? '')
    checkText(framed[2] ?? '')
    return { seq: Number(header[1]), text: framed[2] ?? '' }
  })
  assert.equal(boundaries.size, 1)
  const [boundary = ''] = boundaries
  assert.equal(stdout.split(boundary).length - 1, 2 * count, 'the boundary stands around the texts and nowhere else')
  const rest = lines.slice(1 + 2 * count)
  assert.ok(rest.length <= 1, rest.join('\n'))
  return { messages, next: rest[0] === undefined ? null : (MORE.exec(rest[0])?.[1] ?? assert.fail(rest[0])) }
}

export function parseJsonPage(stdout: string): Page {
  assert.match(stdout, /^\{[^\n]*\}\n$/)
  assert.deepEqual(stdout.slice(0, -1).split(ANY_LINE_END).length, 1)
  checkBytes(stdout)
  const page = JSON.parse(stdout) as Record<string, unknown> & { messages: Record<string, unknown>[] }
  assert.deepEqual(
    Object.keys(page).filter(key => key !== 'next'),
    ['untrusted', 'boundary', 'messages', 'more', 'unread_count'],
  )
  assert.equal(page['untrusted'], true)
  assert.match(String(page['boundary']), /^[0-9a-f]{16}$/)
  assert.equal(page['more'], 'next' in page)
  const messages = page.messages.map(message => {
    const fixed = ['seq', 'at', 'via', 'type', 'from', 'text', 'truncated']
    assert.deepEqual(
      Object.keys(message).filter(key => key !== 'flags' && key !== 'to'),
      fixed,
    )
    const { from, text, seq } = message as { from: { id: string; name: string } | null; text: string; seq: number }
    checkText(text)
    if (from !== null) {
      assert.match(from.id, /^#\d+$/)
      checkText(from.name)
      assert.ok([...from.name].length <= 40)
    }
    return { seq, text }
  })
  return { messages, next: typeof page['next'] === 'string' ? page['next'] : null }
}

function checkBytes(stdout: string): void {
  assert.ok(Buffer.byteLength(stdout) <= 12_000, `${Buffer.byteLength(stdout)} bytes`)
}

/** As raw as a program would look for them that knows nothing of look-alikes. */
const NEVER =
  /<\|.*?\|>|\[\/?INST\]|<<\/?SYS>>|<\/?s>|<(?:start|end)_of_turn>|<\/?(?:tool_call|invoke|function_calls)\b|UNTRUSTED_(?:CONTENT|TEXT)/iu

function checkText(text: string): void {
  assert.equal(hasInvisible(text), false, JSON.stringify(text))
  assert.doesNotMatch(text, NEVER)
}

/** The arguments of a command line that a page names, as a shell would take them apart. */
export function argumentsOf(command: string): string[] {
  const words = [...command.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)]
  return words.map(([, quoted, bare]) => quoted?.replaceAll(`'\\''`, "'") ?? bare ?? '')
}
