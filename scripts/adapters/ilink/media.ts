import type { AdapterContext, UnresolvedMessage } from '../../core/adapter.ts'
import { createBell, sleepOrBell } from '../../core/bell.ts'
import { errorCode } from '../../core/errors.ts'
import type { Flags } from '../../core/message.ts'
import { parseIlink } from '../../protocol/ilink/json.ts'
import type { MediaReference } from '../../protocol/ilink/media.ts'
import { readMessage } from '../../protocol/ilink/message.ts'
import { API_BASE } from '../../protocol/ilink/urls.ts'
import { allowedBy } from './allowed.ts'
import { download, type MediaProblem } from './cdn.ts'
import type { IlinkOptions } from './options.ts'
import { filesOf, isAboutQuoted, isWelcome, understand, withFlags } from './understand.ts'

/**
 * Fetches what messages bring besides words. What is still to be fetched are the unresolved messages of the store, so a
 * restart forgets none; who waits too long is shown without the file, and a correction names it when it comes.
 */
export interface MediaFetcher {
  run(): Promise<void>
  /** A message with files was stored. */
  wake(): void
}

/** Each may hold a file of the largest size in memory twice. */
const AT_ONCE = 3
/** "Retry downloads 2-3× on 5xx" (IL "What users hit" 11). */
const PAUSES_MS = [1000, 5000, 30_000] as const
/** Without a network it is not the file's fault: asked for again so often, and so many times. */
const LATER_MS = 5 * 60_000
const MOST_LATER = 288
/** One message may name thousands. */
const MOST_FILES = 20

export function createMediaFetcher(options: IlinkOptions, ctx: AdapterContext): MediaFetcher {
  const { clock, signal, log } = ctx
  const more = createBell()
  const busy = new Map<number, Promise<void>>()
  /** By number of the message: when nobody could be reached, and how often. */
  const later = new Map<number, { readonly at: number; readonly times: number }>()
  let queue: UnresolvedMessage[] = []
  let isStale = true

  async function settle({ seq, payload }: UnresolvedMessage): Promise<void> {
    const message = readMessage(parseIlink(payload))
    // The payload of a message whose bytes could not be told from others': nothing in it can be fetched.
    if (message === null || message.items.length === 0) return ctx.resolve(seq, null)
    const around = {
      account: options.account,
      isAllowed: allowedBy(options, options.credentials()),
      lookUp: ctx.lookUp,
    }
    const understood = understand({ message, key: '', contentKey: null }, around)
    if (!isWelcome(message, around)) return ctx.resolve(seq, understood)
    const files = filesOf(message)
    const fates: Fate[] = []
    for (const file of files.slice(0, MOST_FILES)) fates.push(await fetchOne(file))
    for (const _ of files.slice(MOST_FILES)) fates.push({ kind: 'failed', why: 'too_many' })
    const times = (later.get(seq)?.times ?? 0) + 1
    if (fates.some(isUnreachable) && times <= MOST_LATER) {
      later.set(seq, { at: clock.monotonic() + LATER_MS, times })
      return
    }
    later.delete(seq)
    await ctx.resolve(seq, withFlags(understood, flagsOf(fates, isAboutQuoted(message) ? 'quote_' : '')))
  }

  async function fetchOne(media: MediaReference): Promise<Fate> {
    const { fileMaxBytes: maxBytes, folderMaxBytes } = options.settings()
    const apiUrl = options.credentials().baseUrl ?? API_BASE
    for (let attempt = 0; ; attempt++) {
      const got = await download({ media, cdnUrl: options.cdnUrl, apiUrl, maxBytes, fetch: ctx.fetch, clock, signal })
      signal.throwIfAborted()
      const why = got.kind === 'opened' ? null : got.kind === 'unreachable' ? got.kind : got.why
      log.info('a file was asked for', { kind: media.kind, outcome: why ?? 'opened', attempt: attempt + 1 })
      if (got.kind === 'opened') {
        const extension = got.signature?.extension ?? 'bin'
        const kept = await ctx.keep(got.bytes, { extension, folderMaxBytes })
        return kept === null ? { kind: 'failed', why: 'no_room' } : { kind: 'kept', path: kept.path }
      }
      const pause = PAUSES_MS[attempt]
      if (got.kind === 'never' || pause === undefined) return { kind: 'failed', why: why ?? 'unreachable' }
      await clock.sleep(pause, signal)
    }
  }

  /** Looks into the store only when there may be something new. */
  function refill(): void {
    if (queue.length > 0 || !isStale) return
    isStale = false
    const now = clock.monotonic()
    queue = ctx.unresolved().filter(({ seq }) => !busy.has(seq) && (later.get(seq)?.at ?? 0) <= now)
  }

  function begin(message: UnresolvedMessage): void {
    const work = settle(message)
      .catch(error => {
        if (signal.aborted) return
        log.error('a file could not be kept', { error: errorCode(error) })
        later.set(message.seq, { at: clock.monotonic() + LATER_MS, times: later.get(message.seq)?.times ?? 0 })
      })
      .finally(() => {
        busy.delete(message.seq)
        more.ring()
      })
    busy.set(message.seq, work)
  }

  return {
    wake() {
      isStale = true
      more.ring()
    },
    async run() {
      try {
        while (!signal.aborted) {
          refill()
          while (busy.size < AT_ONCE) {
            const next = queue.shift()
            if (next === undefined) break
            begin(next)
          }
          if (queue.length === 0 && busy.size < AT_ONCE && isStale) continue
          const rang = await sleepOrBell(more, LATER_MS, { clock, signal })
          if (!rang) isStale = true
        }
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        await Promise.all(busy.values())
      }
    },
  }
}

type Fate = { readonly kind: 'kept'; readonly path: string } | { readonly kind: 'failed'; readonly why: MediaProblem }

function isUnreachable(fate: Fate): boolean {
  return fate.kind === 'failed' && fate.why === 'unreachable'
}

/** Where the files are, and what became of each where not all of them came. */
function flagsOf(fates: readonly Fate[], of: '' | 'quote_'): Flags {
  const paths = fates.flatMap(fate => (fate.kind === 'kept' ? fate.path : []))
  const isWhole = paths.length === fates.length
  return {
    ...(paths.length === 0 ? {} : { [`${of}file`]: paths.join(',') }),
    ...(isWhole ? {} : { [`${of}media`]: fates.map(fate => (fate.kind === 'kept' ? 'ok' : fate.why)).join(',') }),
  }
}
