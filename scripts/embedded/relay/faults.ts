/**
 * What the real relay does wrong. Each fault is a switch of its own and lives in one file of `faults/`, or is a value
 * that a part of the relay gets; `compose.ts` puts them in. All of them off is the embedded relay as a household runs it.
 */
export interface Faults {
  /**
   * RC §7.2, "hang-up within ~1 ms of `GET /stream`" and "while an event is being written": the stream stays registered
   * without its client. What is pushed meanwhile is lost where no live stream gets it too. `faults/dead-registrations.ts`
   */
  readonly deadRegistrations: boolean
  /** RC §7.2, "relay gets SIGTERM": no new connection, and the streams stay open, with their pings and nothing else. */
  readonly deafShutdown: boolean
  /** RC §9, transcript 709: who answers a first message at the moment it was sent is heard twice. `faults/crossing.ts` */
  readonly doubleFirstContact: boolean
  /** RC §7.2, "client gone before the reply": rows are deleted before the body is sent. `faults/careless-reading.ts` */
  readonly earlyDeletion: boolean
  /**
   * RC §2 and §9, transcripts 420 and 704: a file to somebody online stops the whole relay for two seconds, and its sender
   * hears of a failure although it was delivered. `faults/freezing-file.ts`
   */
  readonly freezingFiles: boolean
  /** RC §7.2, first row: what a stream's client had not taken when it hung up is lost, and so is what follows at once. */
  readonly lossyClose: boolean
  /** RC §7.2, "several `GET /messages` at once": the same rows in several replies. `faults/careless-reading.ts` */
  readonly sharedRows: boolean
  /** RC §7.2, "client process stopped or not reading": its messages are queued without limit. */
  readonly unboundedQueues: boolean
}

export const noFaults: Faults = {
  deadRegistrations: false,
  deafShutdown: false,
  doubleFirstContact: false,
  earlyDeletion: false,
  freezingFiles: false,
  lossyClose: false,
  sharedRows: false,
  unboundedQueues: false,
}

/** As the real relay of the present revision is. */
export const allFaults: Faults = {
  deadRegistrations: true,
  deafShutdown: true,
  doubleFirstContact: true,
  earlyDeletion: true,
  freezingFiles: true,
  lossyClose: true,
  sharedRows: true,
  unboundedQueues: true,
}

/** `dead-registrations`: how a fault is called on a command line. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

export const faultNames: readonly string[] = Object.keys(noFaults).map(kebab)

/** null for a name that is none of `faultNames`. */
export function faultByName(name: string): Partial<Faults> | null {
  const key = Object.keys(noFaults).find(one => kebab(one) === name)
  return key === undefined ? null : { [key]: true }
}
