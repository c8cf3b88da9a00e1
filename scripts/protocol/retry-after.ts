/** `Retry-After` in milliseconds, whole seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  // Far too long is the caller's to bound: it is still a wish to be left alone.
  if (/^\d+$/.test(header.trim())) return Number(header.trim()) * 1000
  // Date.parse makes a date of almost anything, of "-5" too.
  const at = /^[A-Z][a-z]+, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
