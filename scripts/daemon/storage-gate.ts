import type { Bilingual } from '../core/i18n.ts'
import { START_GOES_ON, startWaits } from './texts.ts'

/** Whether the database takes what is written. While it does not, a start waits for it, and whoever waits is told. */
export interface StorageGate {
  /** Resolves when a start has to wait. */
  readonly heldUp: Promise<void>
  readonly isRefused: boolean
  /** Everything runs. */
  readonly isOpen: boolean
  open(): void
  refused(reason: string): void
  recovered(): void
}

export function createStorageGate(say: (text: Bilingual) => void): StorageGate {
  const heldUp = Promise.withResolvers<void>()
  let isRefused = false
  let isOpen = false
  return {
    heldUp: heldUp.promise,
    get isRefused() {
      return isRefused
    },
    get isOpen() {
      return isOpen
    },
    open() {
      isOpen = true
    },
    refused(reason) {
      isRefused = true
      if (!isOpen) say(startWaits(reason))
      heldUp.resolve()
    },
    recovered() {
      isRefused = false
      if (!isOpen) say(START_GOES_ON)
    },
  }
}
