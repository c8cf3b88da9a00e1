import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findLeaks } from './find-leaks.ts'

/**
 * What this process and those that it started wrote into logs, and what must not stand in any of them. It is kept while
 * `watch.ts` is preloaded, as `npm test` does; without it nothing is kept, and nothing is looked at.
 */

let isWatching = false

const lines = new Set<string>()
const secrets = new Map<string, string>()
const codes = new Set<string>()
const folders = new Set<string>()

/** Short ones are looked for nowhere: "hello" is also a word of ours. */
const SHORTEST_SECRET = 8
const SHORTEST_TEXT = 10
/** More than that is measuring, not testing. */
const MOST_SECRETS = 20_000
const MOST_LINES = 100_000

export function watch(): void {
  isWatching = true
}

/** Equal lines but for their time are one. */
export function noteLine(line: string): void {
  if (!isWatching || lines.size >= MOST_LINES) return
  lines.add(line.replace(/"time":"[^"]*",|^\[[^\]]*\] /, '').trimEnd())
}

export function noteSecret(kind: string, value: string): void {
  if (!isWatching || value.length < SHORTEST_SECRET || secrets.size >= MOST_SECRETS) return
  for (const form of [value, encodeURIComponent(value)]) secrets.set(form, kind)
}

/** The words of a message, whoever wrote it. */
export function noteText(text: string): void {
  if (text.trim().length < SHORTEST_TEXT) return
  // As it would stand in a line of JSON.
  noteSecret('the text of a message', JSON.stringify(text).slice(1, -1))
}

/** The number that a phone shows: too short to be looked for inside of others. */
export function noteCode(code: string): void {
  if (isWatching) codes.add(code)
}

const SECRET_FIELD = /token|secret|password/i

/** Everything secret that a configuration holds. */
export function noteConfig(value: unknown, field = ''): void {
  if (typeof value === 'string') {
    if (SECRET_FIELD.test(field)) noteSecret(`config.json: ${field}`, value)
  } else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) noteConfig(inner, Array.isArray(value) ? field : name)
  }
}

/** What a program of ours wrote on stderr: the lines of its log, and no text for people. */
export function noteStderr(text: string): void {
  if (!isWatching) return
  for (const line of text.split('\n')) if (line.startsWith('{"time":')) noteLine(line)
}

/** A data folder that another process serves: its log and its secrets are there when this process ends. */
export function noteFolder(path: string): void {
  if (isWatching) folders.add(path)
}

/** Sorted lines for people: which log line holds what. */
export function leaks(): readonly string[] {
  for (const path of folders) if (existsSync(path)) readFolder(path)
  return findLeaks({ lines, secrets, codes })
}

function readFolder(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    // Tests put folders where files belong.
    if (!entry.isFile()) continue
    const file = join(path, entry.name)
    if (entry.name === 'config.json') noteConfig(parsed(readFileSync(file, 'utf8')))
    if (!entry.name.startsWith('sse_channel.log')) continue
    for (const line of readFileSync(file, 'utf8').split('\n')) noteLine(line)
  }
}

/** Tests break it on purpose. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
