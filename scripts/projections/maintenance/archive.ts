import { join } from 'node:path'
import type { FileLayer } from '../../store/files.ts'
import { ARCHIVE } from '../../store/sizes.ts'
import { createNewFile, type NewFile, temporaryName } from './new-file.ts'

/** A file of the archive; its name is made when it is complete, and never that of another one. */
export interface ArchiveFile extends Pick<NewFile, 'append' | 'discard'> {
  /** @returns its path within the data folder */
  keep(stamp: string): Promise<string>
}

/** @param kind such as `conversations` */
export async function createArchiveFile(folder: string, kind: string, files: FileLayer): Promise<ArchiveFile> {
  const archive = join(folder, ARCHIVE)
  await files.makeFolder(archive)
  const file = await createNewFile(temporaryName(join(archive, `${kind}.md`)), files)
  return {
    append: file.append,
    discard: file.discard,
    async keep(stamp) {
      let name = `${kind}-${stamp}.md`
      for (let n = 2; (await files.stat(join(archive, name))) !== null; n++) name = `${kind}-${stamp}-${n}.md`
      await file.appearAs(join(archive, name))
      return join(ARCHIVE, name)
    },
  }
}
