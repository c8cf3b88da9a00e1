import { request } from 'node:http'
import type { Server } from 'node:net'
import { ConfigError, errorCode } from '../../core/errors.ts'
import { HOST, listenOn, nextFreePort } from '../http/listen.ts'
import { SERVER_NAME } from './answer.ts'

/** Who has the port is on this machine too. */
const ASK_LIMIT_MS = 1000

/** @throws ConfigError that says who has the port, as far as can be known, and which one is free */
export async function listenAt(server: Server, port: number): Promise<number> {
  try {
    return await listenOn(server, port)
  } catch (error) {
    throw errorCode(error) === 'EADDRINUSE' ? await portTaken(port, error) : canNotListen(port, error)
  }
}

async function portTaken(port: number, cause: unknown): Promise<ConfigError> {
  const [isPage, free] = await Promise.all([isPageAt(port), nextFreePort(port)])
  const url = `http://${HOST}:${port}`
  const other = free === null ? '--port N' : `--port ${free}`
  return isPage
    ? new ConfigError(
        {
          en: `Port ${port} is taken: the page is running there already, perhaps for another data folder.`,
          zh: `端口 ${port} 已被占用：页面已在该端口运行，可能属于另一个数据目录。`,
        },
        {
          cause,
          nextStep: {
            en: `Open ${url}, or start another one: npm run ui -- ${other}`,
            zh: `直接打开 ${url}，或另开一个：npm run ui -- ${other}`,
          },
        },
      )
    : new ConfigError(
        { en: `Port ${port} is taken by another program.`, zh: `端口 ${port} 已被其他程序占用。` },
        {
          cause,
          nextStep: {
            en: `Take another one: npm run ui -- ${other}`,
            zh: `换一个端口：npm run ui -- ${other}`,
          },
        },
      )
}

function canNotListen(port: number, cause: unknown): ConfigError {
  const reason = errorCode(cause)
  return new ConfigError(
    {
      en: `The page can not be served on ${HOST}:${port} (${reason}).`,
      zh: `无法在 ${HOST}:${port} 提供页面（${reason}）。`,
    },
    { cause, nextStep: { en: 'Choose another port: --port N', zh: '请换一个端口：--port 端口' } },
  )
}

function isPageAt(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const asked = request({ host: HOST, port, method: 'HEAD', path: '/', agent: false, timeout: ASK_LIMIT_MS })
    asked.on('response', response => {
      resolve(response.headers['server'] === SERVER_NAME)
      asked.destroy()
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
    asked.on('close', () => resolve(false))
    asked.end()
  })
}
