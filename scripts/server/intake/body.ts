import type { Request } from '../http/server.ts'

/**
 * The body, or as much of it as shows that it is longer than `limit`: nothing is read behind that.
 *
 * @returns null when whoever asks has gone
 */
export function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
  // Nothing is heard any more of one that was lost before.
  if (request.destroyed) return Promise.resolve(null)
  return new Promise(resolve => {
    const pieces: Buffer[] = []
    let bytes = 0
    function end(body: Uint8Array<ArrayBuffer> | null): void {
      request.off('data', take)
      request.pause()
      resolve(body)
    }
    function take(piece: Buffer): void {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > limit) end(Buffer.concat(pieces, limit + 1))
    }
    request.on('data', take)
    request.on('end', () => end(Buffer.concat(pieces)))
    // Its loss is heard of by 'close'.
    request.on('error', () => undefined)
    request.on('close', () => end(null))
  })
}
