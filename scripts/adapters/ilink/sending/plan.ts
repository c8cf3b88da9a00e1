import type { Outbound } from '../../../core/adapter.ts'
import type { ChunkChoice } from '../../../core/config/wechat.ts'
import { CHUNK_RULES } from '../../../protocol/ilink/chunking.ts'
import { filterMarkdown } from '../../../protocol/ilink/markdown.ts'
import type { MessageState } from '../../../protocol/ilink/outgoing.ts'
import { firstPartsOf, partsOf } from '../../../protocol/ilink/parts.ts'

/** What one request says: a bubble on the phone. */
export type Saying =
  | { readonly kind: 'text'; readonly text: string; readonly state: MessageState }
  /** text null: the file that was given. */
  | { readonly kind: 'file'; readonly name: string; readonly text: string | null }

const REST_NAME = 'message.txt'

/**
 * A message as requests, in their order: text first, then the file (IL §6). What does not fit into the budget goes as a
 * file: a phone shows neither half an answer nor one whose end comes tomorrow (IL §12).
 */
export function planOf(
  { content, file, isVerbatim = false }: Pick<Outbound, 'content' | 'file' | 'isVerbatim'>,
  { chunk, remaining }: { chunk: ChunkChoice; remaining: number },
): Saying[] {
  const text = file === null && !isVerbatim ? shownText(content) : content
  const rule = CHUNK_RULES[chunk]
  const given: Saying[] = file === null ? [] : [{ kind: 'file', name: file.name, text: null }]
  const parts = partsOf(text, rule, { numbered: true })
  const fits = parts.length + given.length <= remaining
  // A caption is no file, however little may be sent: the other half waits.
  if (fits || parts.length <= 1) return [...asTexts(parts), ...given]
  const most = Math.max(0, remaining - given.length - 1)
  const first = firstPartsOf(text, rule, most)
  const rest: Saying[] = first.rest === '' ? [] : [{ kind: 'file', name: REST_NAME, text: first.rest }]
  return [...asTexts(first.parts), ...rest, ...given]
}

/** Captions of files are not filtered by the plugin either (IL §12). What is nothing but markup stays as it was written. */
function shownText(content: string): string {
  const filtered = filterMarkdown(content)
  return filtered.trim() === '' ? content : filtered
}

/** "GENERATING on all but the last, FINISH on the last" (IL §6). */
function asTexts(parts: readonly string[]): Saying[] {
  return parts.map((text, i) => ({ kind: 'text', text, state: i < parts.length - 1 ? 'generating' : 'finish' }))
}
