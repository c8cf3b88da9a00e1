import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createAppendProjection } from '../../scripts/projections/append-projection.ts'
import { nodeFiles } from '../../scripts/store/files.ts'

/**
 * A program for tests: writes with the real file layer where no file may grow beyond a few kilobytes (`ulimit -f`), so
 * that the operating system itself writes in part and then refuses. Prints what it was told, as JSON.
 */
const [folder = ''] = process.argv.slice(2)

// Without a listener the kernel would end the process instead of refusing.
process.on('SIGXFSZ', () => undefined)

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'none'
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
}

const json = join(folder, 'stats.json')
await nodeFiles.replace(json, '{"old":true}')
const replace = await codeOf(() => nodeFiles.replace(json, JSON.stringify({ text: 'x'.repeat(100_000) })))

const lines = Array.from({ length: 2000 }, (_, i) => `[line ${i + 1}] 中文\n`)
const projection = createAppendProjection({
  path: join(folder, 'conversations.md'),
  files: nodeFiles,
  checkpoint: { seq: 0, size: 0, inode: 0 },
  due: (afterSeq, limit) => lines.map((text, i) => ({ seq: i + 1, text })).slice(afterSeq, afterSeq + limit),
})
const append = await codeOf(() => projection.write())
const again = await codeOf(() => projection.write())
process.stdout.write(JSON.stringify({ replace, append, again, names: readdirSync(folder).sort() }))
