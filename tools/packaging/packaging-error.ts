/** Why no folder was made: what, why, and what to do. */
export class PackagingError extends Error {
  constructor(what: string, why: string, next: string) {
    super(`${what} ${why}\n  next: ${next}`)
    this.name = 'PackagingError'
  }
}
