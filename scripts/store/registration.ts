import { mkdirSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DataFolder, KEPT_FILES } from './data-folder.ts'
import { isMissing, nodeFiles, syncFolder } from './files.ts'

/** What a registration leaves on disk: the reply as it came, and `config.json`. */

/**
 * Keeps the relay's reply before anybody reads it: it shows the token once, and never again (RC §4.1).
 *
 * @param stamp makes the name; two registrations of one second do not write over each other
 * @returns where it is, within the data folder
 */
export async function keepReply(folder: DataFolder, reply: Uint8Array, stamp: string): Promise<string> {
  mkdirSync(join(folder.path, KEPT_FILES), { recursive: true, mode: 0o700 })
  const name = join(KEPT_FILES, `registration-${stamp}-${process.pid}.txt`)
  const handle = await open(join(folder.path, name), 'wx', 0o600)
  try {
    await handle.writeFile(reply)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncFolder(join(folder.path, KEPT_FILES))
  return name
}

export interface Identity {
  readonly baseUrl: string
  readonly token: string
  readonly id: number
  readonly name: string
}

/**
 * Writes `config.json` for the new identity. Everything else that stands in it survives.
 *
 * @param setAside the name for the file as it was, which holds another identity's only copy of its token
 */
export async function writeIdentity(folder: DataFolder, identity: Identity, setAside: string | null): Promise<void> {
  const path = folder.file('config.json')
  const before = await readText(path)
  if (before !== null && setAside !== null) await nodeFiles.replace(join(folder.path, setAside), before)
  const config = {
    ...parsed(before),
    base_url: identity.baseUrl,
    token: identity.token,
    my_id: identity.id,
    my_name: identity.name,
  }
  await nodeFiles.replace(path, `${JSON.stringify(config, null, 2)}\n`)
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** What is no JSON was set aside, and there is nothing in it that could survive. */
function parsed(text: string | null): object {
  try {
    const value: unknown = JSON.parse((text ?? '').replace(/^\ufeff/, ''))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}
