import { basename } from 'node:path'
import { nodeFiles } from '../scripts/store/files.ts'
import { now } from './time.ts'

/**
 * Loaded into our daemon before its own code (`node --import`): notes when each line was written to `conversations.md`,
 * where an agent can read it from then on. Tells when it is asked.
 */
const writtenAt: number[] = []
const { openForAppend } = nodeFiles
nodeFiles.openForAppend = async path => {
  const file = await openForAppend(path)
  if (basename(path) !== 'conversations.md') return file
  return {
    ...file,
    async append(bytes) {
      await file.append(bytes)
      const at = now()
      for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, end + 1)) writtenAt.push(at)
    },
  }
}

const LF = 0x0a

process.on('message', () => process.send?.(writtenAt))
// The daemon ends when it has nothing left to do; we are no reason to stay.
process.channel?.unref()
