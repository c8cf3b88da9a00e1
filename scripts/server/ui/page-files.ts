import { lstatSync, type ReadStream } from 'node:fs'
import { join } from 'node:path'
import sirv from 'sirv'
import type { Request, Response } from '../http/server.ts'

export interface PageFiles {
  /** False when the page has no such file; nothing was answered then. */
  send(request: Request, response: Response, path: string): boolean
}

/** Plain names only: nothing to decode, no dots in front, no way up. */
const PLAIN_PATH = /^(?:\/[\w-][\w.-]*)+$/

/**
 * The page itself, by sirv. It follows links, reads pipes, takes a range by its own rules and sends more than it
 * announced when a file grows: so it is asked for plain files only, for all of each, and what it sends is counted.
 */
export function createPageFiles(folder: string): PageFiles {
  // Without `dev` a file that goes away later would end the process.
  const serve = sirv(folder, { dev: true, etag: true, extensions: [] })
  return {
    send(request, response, path) {
      if (!PLAIN_PATH.test(path) || !isPlainFile(folder, path)) return false
      delete request.headers.range
      request.url = path
      response.once('pipe', source => holdToItsWord(source as ReadStream, response))
      let found = true
      try {
        serve(request, response, () => {
          found = false
        })
      } catch {
        // It went away between two looks.
        found = false
      }
      return found
    },
  }
}

/** In a folder of the page, without a link on the way. */
function isPlainFile(folder: string, path: string): boolean {
  const names = path.slice(1).split('/')
  return names.every((_, i) => {
    const facts = lookAt(join(folder, ...names.slice(0, i + 1)))
    return i === names.length - 1 ? facts?.isFile() === true : facts?.isDirectory() === true
  })
}

function lookAt(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Neither more nor fewer bytes than announced; otherwise the connection ends. */
function holdToItsWord(source: ReadStream, response: Response): void {
  const announced = Number(response.getHeader('Content-Length'))
  let sent = 0
  function giveUp(): void {
    source.unpipe(response)
    source.destroy()
    response.destroy()
  }
  // In front of the pipe's own listeners.
  source.prependListener('data', piece => {
    sent += piece.length
    if (sent > announced) giveUp()
  })
  source.prependListener('end', () => {
    if (sent < announced) giveUp()
  })
  source.on('error', giveUp)
  response.on('close', () => source.destroy())
}
