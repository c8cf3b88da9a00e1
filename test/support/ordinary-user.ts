import assert from 'node:assert/strict'

/** What most systems call nobody. */
const NOBODY = 65534

/**
 * Permissions mean nothing to root, so a test that is about them goes on as nobody. There is no way back: the file that
 * calls this has its process to itself.
 */
export function becomeOrdinary(): void {
  if (process.getuid?.() === 0) {
    process.setgroups?.([])
    process.setgid?.(NOBODY)
    process.setuid?.(NOBODY)
  }
  assert.notEqual(process.geteuid?.(), 0, 'permissions do not bind this user')
}
