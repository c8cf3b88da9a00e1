import type { Bell } from '../../core/bell.ts'

/** What of the configuration may change while the adapter runs. Relay and token may not: they make another account. */
export interface RelaySettings {
  readonly batchSize: number
  readonly sweepMinutes: number
}

export interface RelayOptions {
  readonly baseUrl: string
  readonly token: string
  /** The id that the configuration claims; the relay's word counts. */
  readonly myId: string | null
  /** Read at each use. */
  readonly settings: () => RelaySettings
  /** Rings when the configuration was read again: a good moment for another try. */
  readonly configChanged: Bell
}
