import { createHash, randomUUID } from 'node:crypto'
import { constants, existsSync, mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeepOptions, KeptFile } from '../core/adapter.ts'
import { ConfigError, errorCode } from '../core/errors.ts'
import { type DataFolder, KEPT_FILES } from './data-folder.ts'
import { isMissing, syncFolder } from './files.ts'

/**
 * Copies of files in the dot folder `.files/`, which no agent's program searches, under names made of their content
 * (design §3): what a peer calls a file is never the name of one.
 */
const PARTIAL = '.partial'

/** Durable when it resolves. The same content is kept once. */
export async function keepBytes(folder: DataFolder, bytes: Uint8Array, extension: string): Promise<KeptFile> {
  const path = pathOf(bytes, extension)
  const kept = { path, bytes: bytes.length }
  const target = join(folder.path, path)
  if (await hasSize(target, bytes.length)) return kept
  mkdirSync(join(folder.path, KEPT_FILES), { recursive: true, mode: 0o700 })
  // Two commands may keep the same content at one time.
  const temporary = `${target}.${randomUUID()}${PARTIAL}`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
  await syncFolder(join(folder.path, KEPT_FILES))
  return kept
}

function pathOf(bytes: Uint8Array, extension: string): string {
  return join(KEPT_FILES, `${createHash('sha256').update(bytes).digest('hex')}.${extension}`)
}

/** One after the other: two that fit each by itself may not fit together. */
let keeping: Promise<unknown> = Promise.resolve()

/** The same for what strangers send; null: the folder would hold more than it may. */
export function keepWithin(
  folder: DataFolder,
  bytes: Uint8Array,
  { extension, folderMaxBytes }: KeepOptions,
): Promise<KeptFile | null> {
  const kept = keeping.then(async () => {
    const ending = /^[a-z0-9]{1,8}$/.test(extension) ? extension : 'bin'
    const isThere = await hasSize(join(folder.path, pathOf(bytes, ending)), bytes.length)
    if (!isThere && (await keptBytes(folder)) + bytes.length > folderMaxBytes) return null
    return keepBytes(folder, bytes, ending)
  })
  keeping = kept.catch(() => undefined)
  return kept
}

async function keptBytes(folder: DataFolder): Promise<number> {
  const path = join(folder.path, KEPT_FILES)
  const names = existsSync(path) ? await readdir(path) : []
  let total = 0
  for (const name of names) {
    const facts = await stat(join(path, name)).catch(error => {
      // The owner may clear things away meanwhile.
      if (isMissing(error)) return null
      throw error
    })
    total += facts?.size ?? 0
  }
  return total
}

async function hasSize(path: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** null: it is not there. */
export async function sizeOfKept(folder: DataFolder, path: string): Promise<number | null> {
  try {
    return (await stat(join(folder.path, path))).size
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** What a killed process left unfinished. For whoever holds the folder's lock: nobody else keeps anything then. */
export async function removePartialCopies(folder: DataFolder): Promise<void> {
  const path = join(folder.path, KEPT_FILES)
  const names = existsSync(path) ? await readdir(path) : []
  for (const name of names) if (name.endsWith(PARTIAL)) await unlink(join(path, name))
}

/** @param kept as `keepBytes` gave it */
export async function readKept(folder: DataFolder, kept: { readonly path: string }): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder.path, kept.path)))
}

/**
 * A file that the owner names, whole.
 *
 * @throws ConfigError when it is missing, no file, or too large
 */
export async function readOwnersFile(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A pipe would keep us waiting for its writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const facts = await handle.stat()
      if (!facts.isFile()) throw notUsable(path, 'not_a_file')
      if (facts.size > maxBytes) throw tooLarge(path, facts.size, maxBytes)
      const bytes = await handle.readFile()
      // It may have grown meanwhile.
      if (bytes.length > maxBytes) throw tooLarge(path, bytes.length, maxBytes)
      return new Uint8Array(bytes)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw notUsable(path, errorCode(error))
  }
}

function notUsable(path: string, reason: string): ConfigError {
  return new ConfigError(
    { en: `The file ${path} can not be read (${reason}).`, zh: `无法读取文件 ${path}（${reason}）。` },
    { nextStep: { en: 'Check the path and who may read it.', zh: '请检查路径和读取权限。' } },
  )
}

function tooLarge(path: string, bytes: number, maxBytes: number): ConfigError {
  const limit = maxBytes >= 1024 * 1024 ? `${maxBytes / 1024 / 1024} MiB` : `${maxBytes / 1024} KiB`
  return new ConfigError(
    {
      en: `The file ${path} has ${bytes} bytes; ${limit} are taken at most.`,
      zh: `文件 ${path} 有 ${bytes} 字节；最多接受 ${limit}。`,
    },
    { nextStep: { en: 'Send a smaller one. Nothing was sent.', zh: '请换一个更小的文件。未发送任何内容。' } },
  )
}
