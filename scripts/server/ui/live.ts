import type { Clock } from '../../core/clock.ts'
import { type FileVersion, SHOWN_FILES, type ShownFile } from '../../store/data-file-reader.ts'
import type { Response } from '../http/server.ts'

/** What changes in the files, told to every page that listens, by looking: nothing watches a folder here. */
export interface Live {
  /** @param lastEventId what the page has seen already, from before its connection broke */
  join(response: Response, lastEventId: string | undefined): void
  close(): void
}

export interface LiveOptions {
  readonly clock: Clock
  readonly look: (name: ShownFile) => FileVersion | null
}

/** Seven looks take some 30 microseconds; whoever waits for a message sees it 25 ms later on average. */
const LOOK_EVERY_MS = 50
/** Proxies and browsers take a connection for dead that is silent for longer than half a minute. */
const COMMENT_EVERY_MS = 15_000
/** Some hundred events: a page that lets so many lie reads no more; it comes back and learns what it missed. */
const MOST_WAITING_BYTES = 64 * 1024
/** A page asks again after this when its connection broke. */
const RETRY_MS = 1000

type Versions = ReadonlyMap<ShownFile, FileVersion | null>

export function createLive({ clock, look }: LiveOptions): Live {
  const pages = new Set<Response>()
  let known: Versions = new Map()
  let cancel: (() => void) | undefined
  let commentDue = 0

  function lookAll(): Versions {
    return new Map(SHOWN_FILES.map(name => [name, look(name)]))
  }

  function say(response: Response, text: string): void {
    response.write(text)
    if (response.writableLength > MOST_WAITING_BYTES) response.destroy()
  }

  function refresh(): void {
    const before = known
    known = lookAll()
    const events = changes(before, known)
    if (events !== '') for (const page of pages) say(page, events)
  }

  function round(): void {
    refresh()
    if (clock.monotonic() >= commentDue) {
      for (const page of pages) say(page, ': here\n\n')
      commentDue = clock.monotonic() + COMMENT_EVERY_MS
    }
    cancel = clock.after(LOOK_EVERY_MS, round)
  }

  function leave(response: Response): void {
    pages.delete(response)
    if (pages.size > 0) return
    cancel?.()
    cancel = undefined
  }

  return {
    join(response, lastEventId) {
      // Whoever listens already is told first; from here on all know the same.
      if (pages.size > 0) refresh()
      else known = lookAll()
      const seen = lastEventId === undefined ? null : parseId(lastEventId)
      const missed = seen === null ? '' : changes(seen, known)
      say(response, `retry: ${RETRY_MS}\n${event('state', { files: Object.fromEntries(known) }, known)}${missed}`)
      pages.add(response)
      response.on('close', () => leave(response))
      if (cancel !== undefined) return
      commentDue = clock.monotonic() + COMMENT_EVERY_MS
      cancel = clock.after(LOOK_EVERY_MS, round)
    },
    close() {
      for (const page of pages) page.destroy()
      pages.clear()
      cancel?.()
      cancel = undefined
    },
  }
}

/** One event for each file that is another one, or has become another one. */
function changes(before: Versions, now: Versions): string {
  let passed: Versions = before
  let events = ''
  for (const [name, version] of now) {
    if (isSame(before.get(name) ?? null, version)) continue
    // After each event a page knows so much and no more: should it be the last one to arrive, the rest is told again.
    passed = new Map([...passed, [name, version]])
    events += event('change', version === null ? { name, gone: true } : { name, ...version }, passed)
  }
  return events
}

function isSame(a: FileVersion | null, b: FileVersion | null): boolean {
  if (a === null || b === null) return a === b
  return a.inode === b.inode && a.size === b.size && a.mtimeMs === b.mtimeMs
}

function event(type: string, data: object, versions: Versions): string {
  return `event: ${type}\nid: ${formatId(versions)}\ndata: ${JSON.stringify(data)}\n\n`
}

function formatId(versions: Versions): string {
  return SHOWN_FILES.map(name => {
    const version = versions.get(name) ?? null
    return version === null ? '-' : `${version.inode}.${version.size}.${version.mtimeMs}`
  }).join('_')
}

/** null for what we did not write. */
function parseId(id: string): Versions | null {
  const parts = id.split('_')
  if (parts.length !== SHOWN_FILES.length) return null
  const versions = new Map<ShownFile, FileVersion | null>()
  for (const [i, name] of SHOWN_FILES.entries()) {
    const part = parts[i] ?? ''
    const [, inode, size, mtimeMs] = /^(\d{1,20})\.(\d{1,16})\.(-?\d{1,16})$/.exec(part) ?? []
    if (inode === undefined && part !== '-') return null
    versions.set(name, inode === undefined ? null : { inode, size: Number(size), mtimeMs: Number(mtimeMs) })
  }
  return versions
}
