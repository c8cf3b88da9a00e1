import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError, errorCode } from '../core/errors.ts'
import type { Bilingual } from '../core/i18n.ts'

export interface ListenPlace {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Who listens, in the words of the error. */
  readonly who: Bilingual
}

/** @throws ConfigError when nothing can listen there */
export function listenAt(server: Server, { host, port, who }: ListenPlace): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        new ConfigError(
          {
            en: `${who.en} can not listen on ${host}:${port} (${errorCode(cause)}).`,
            zh: `${who.zh}无法监听 ${host}:${port}（${errorCode(cause)}）。`,
          },
          {
            cause,
            nextStep: {
              en: 'Choose another port or host, or stop what uses this one.',
              zh: '请换一个端口或地址，或停止占用它的程序。',
            },
          },
        ),
      )
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('a TCP server has an address'))
      else resolve(address)
    })
  })
}
