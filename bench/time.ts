/** Milliseconds by the machine's monotonic clock, which all processes read alike. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
