/** What the relay tells whoever runs it: a test's oracle or the view in a terminal. Payloads are strangers' text. */

export type RelayEvent =
  | { kind: 'request'; method: string; path: string; userId: number | null }
  | { kind: 'connected'; userId: number; connection: number }
  /** The client is gone, or the relay let go of it. */
  | { kind: 'disconnected'; userId: number; connection: number }
  /** Faults only: the client is gone and its registration is not, until it is `collected`. */
  | { kind: 'dead'; userId: number; connection: number }
  | { kind: 'collected'; userId: number; connection: number }
  /** The kernel took the whole event for that stream. A message that is pushed is never stored as well. */
  | { kind: 'pushed'; userId: number; connection: number; payload: string }
  /** In the inbox, because no stream was open or because every stream died before the kernel took it. */
  | { kind: 'stored'; userId: number; payload: string }
  /** A reply of `GET /messages` was written completely and its rows are deleted; empty replies too. */
  | { kind: 'drained'; userId: number; payloads: readonly string[] }
  /** Faults only: an accepted message that is in no inbox any more, and that no stream and no reply carried as a whole. */
  | { kind: 'lost'; userId: number; payload: string }
  /** Something unforeseen: the client got a 500, or what follows a reply did not work. */
  | { kind: 'failed'; where: string; error: unknown }

export type Observer = (event: RelayEvent) => void

/** The relay serves others as well: an observer that throws must cost them nothing. It may report its fault itself. */
export function guardedObserver(observe: Observer | undefined): Observer {
  if (observe === undefined) return () => {}
  return event => {
    try {
      observe(event)
    } catch {
      // Nobody is left to tell: the observer is the one who would be told.
    }
  }
}
