import { readFileSync, statSync } from 'node:fs'
import { errorCode } from '../core/errors.ts'
import type { Language } from '../core/i18n.ts'

export type ConfigText =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'text'; readonly text: string; readonly readableByOthers: boolean }

/** Larger than any honest configuration; a file that was swapped for something else is not swallowed whole. */
const LARGEST_CONFIG_BYTES = 1024 * 1024

export function readConfigFile(path: string): ConfigText {
  try {
    const facts = statSync(path)
    if (!facts.isFile()) return { kind: 'unreadable', reason: 'not_a_file' }
    if (facts.size > LARGEST_CONFIG_BYTES) return { kind: 'unreadable', reason: 'too_large' }
    return { kind: 'text', text: readFileSync(path, 'utf8'), readableByOthers: (facts.mode & 0o077) !== 0 }
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', reason: errorCode(error) }
  }
}

/** `lang` alone, for commands that have no need of the rest. */
export function configuredLanguage(path: string): Language | null {
  const lang = configuredValue(path, 'lang')
  return lang === 'en' || lang === 'zh' ? lang : null
}

/** One key as it stands there; undefined without it. Whatever else is wrong with the file is said elsewhere. */
export function configuredValue(path: string, key: string): unknown {
  const file = readConfigFile(path)
  if (file.kind !== 'text') return undefined
  try {
    const value: unknown = JSON.parse(file.text.replace(/^\ufeff/, ''))
    return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  } catch {
    return undefined
  }
}
