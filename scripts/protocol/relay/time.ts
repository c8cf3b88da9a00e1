/** The relay's times (RC §10): Beijing, UTC+8 without daylight saving, whole seconds, no zone mark. */

/** A time as the relay prints it, for use inside larger patterns. */
export const TS = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`

const EXACT = new RegExp(`^${TS}$`)

/** `2026-11-20 14:34:57` → `2026-11-20T06:34:57Z`; null when it is no such time. */
export function beijingToUtc(text: string): string | null {
  if (text === last.text) return last.utc
  if (!EXACT.test(text)) return null
  const epochMs = Date.parse(`${text.replace(' ', 'T')}+08:00`)
  last = { text, utc: Number.isNaN(epochMs) ? null : `${new Date(epochMs).toISOString().slice(0, 19)}Z` }
  return last.utc
}

/** Messages of one second come together. */
let last: { readonly text: string; readonly utc: string | null } = { text: '', utc: null }
