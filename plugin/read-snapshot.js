import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Real ones have a few hundred bytes. */
const MAX_BYTES = 16_384

/** Neither follows a link out of the data folder, nor waits for the other end of a pipe. */
const HOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Reads a file that should be small and JSON. Rejects when it is anything else.
 *
 * @param {string} path
 * @returns {Promise<unknown>}
 */
export async function readSnapshot(path) {
  const file = await open(path, HOW)
  try {
    if (!(await file.stat()).isFile()) throw new TypeError('not a regular file')
    // One byte more than allowed shows that there is more, whatever its size was a moment ago.
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    if (length > MAX_BYTES) throw new RangeError('too large')
    return JSON.parse(buffer.toString('utf8', 0, length))
  } finally {
    await file.close()
  }
}
