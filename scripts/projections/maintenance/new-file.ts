import type { FileLayer } from '../../store/files.ts'

/** A file that is written beside its place, and appears there as a whole or not at all. */
export interface NewFile {
  append(bytes: Uint8Array): Promise<void>
  /** Makes it durable under this name, in place of whatever has it now. */
  appearAs(path: string): Promise<void>
  /** It will not appear. Never rejects. */
  discard(): Promise<void>
}

/** @param temporary a name in the same folder; what an earlier one left there goes */
export async function createNewFile(temporary: string, files: FileLayer): Promise<NewFile> {
  await files.remove(temporary)
  const file = await files.openForAppend(temporary)
  let open = true

  async function close(): Promise<void> {
    if (!open) return
    open = false
    await file.close()
  }

  return {
    append: bytes => (bytes.length === 0 ? Promise.resolve() : file.append(bytes)),
    async appearAs(path) {
      await file.sync()
      await close()
      await files.rename(temporary, path)
      // The name is durable only once the folder is; a sync of the file sees to both.
      const renamed = await files.openForAppend(path)
      try {
        await renamed.sync()
      } finally {
        await renamed.close()
      }
    },
    async discard() {
      await close().catch(() => undefined)
      await files.remove(temporary).catch(() => undefined)
    },
  }
}

/** Of the form that a start clears away (`removeTemporaries`). */
export function temporaryName(path: string): string {
  return `${path}.0`
}
