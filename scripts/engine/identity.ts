import { errorCode } from '../core/errors.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { type IdentityLock, lockIdentity } from '../store/ownership.ts'

/** Somebody else's lock is asked for again so often. */
export const LOCK_RETRY_MS = 15_000

export interface IdentityPlace {
  readonly folder: DataFolder
  /** null: no second lock (`--no-identity-lock`, for containers with a state folder of their own). */
  readonly stateFolder: string | null
}

/** Two pullers of one account would take each other's messages. @param identity only its hash is written */
export function takeIdentity(
  identity: string,
  { stateFolder, folder }: IdentityPlace,
): IdentityLock | { readonly kind: 'failed'; readonly reason: string } {
  if (stateFolder === null) return { kind: 'held', lock: { release: () => undefined } }
  try {
    return lockIdentity(stateFolder, identity, folder)
  } catch (error) {
    return { kind: 'failed', reason: errorCode(error) }
  }
}
