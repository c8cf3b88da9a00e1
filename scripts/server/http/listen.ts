import { createServer, type Server } from 'node:net'

/** This machine only, whatever its other addresses are. */
export const HOST = '127.0.0.1'

/** So many are looked through for one to offer. */
const PORTS_TO_TRY = 50

/** @param port 0: any free one. @returns the one it is */
export function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('a TCP server has an address'))
      else resolve(address.port)
    })
  })
}

/** null: none of the next ones. */
export async function nextFreePort(port: number): Promise<number | null> {
  for (let next = port + 1; next <= Math.min(port + PORTS_TO_TRY, 65_535); next++) {
    const server = createServer()
    try {
      return await listenOn(server, next)
    } catch {
      // Taken too.
    } finally {
      server.close()
    }
  }
  return null
}
