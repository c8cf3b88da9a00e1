/**
 * For `--import`, with `--expose-gc`: what grew is collected at once, so that the resident size shows what a process
 * holds and not what it has not thrown away yet.
 */
const EVERY_MS = 25
const GROWN_BYTES = 4 * 1024 * 1024
/** A little growth is collected too, in the end. */
const AT_LEAST_EVERY = 20

let least = 0
let passed = 0
const timer = setInterval(() => {
  const present = process.memoryUsage.rss()
  least = Math.min(least, present)
  if (++passed < AT_LEAST_EVERY && present < least + GROWN_BYTES) return
  passed = 0
  globalThis.gc?.()
  least = process.memoryUsage.rss()
}, EVERY_MS)
timer.unref()
