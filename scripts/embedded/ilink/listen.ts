/** Ports of this machine, for nobody else. */

import type { Server } from 'node:http'
import { ConfigError, errorCode } from '../../core/errors.ts'

/** "The simulator itself is plain HTTP", on loopback only. */
const HOST = '127.0.0.1'

/** @throws ConfigError when the port is taken */
export function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        new ConfigError(
          {
            en: `The simulator can not listen on ${HOST}:${port} (${errorCode(cause)}).`,
            zh: `模拟器无法监听 ${HOST}:${port}（${errorCode(cause)}）。`,
          },
          {
            cause,
            nextStep: {
              en: 'Choose another port, or stop what uses this one.',
              zh: '请换一个端口，或停止占用它的程序。',
            },
          },
        ),
      )
    server.once('error', fail)
    server.listen(port, HOST, () => {
      server.off('error', fail)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('a TCP server has an address'))
      else resolve(`http://${HOST}:${address.port}`)
    })
  })
}

export function stopListening(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
