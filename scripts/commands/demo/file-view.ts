import { parseRecord } from '../../protocol/record-line.ts'
import { escapeText } from '../../protocol/visible-escape.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import { nodeFiles } from '../../store/files.ts'
import { type CommandContext, speaker } from '../command.ts'
import { BOLD, DIM, paint } from './paint.ts'

export interface FileView {
  /** The files show more. */
  update(): void
  /** Nothing is shown behind it. */
  summary(): string
}

/** Shows what stands in the files, read back from them. */
export function createFileView(
  context: CommandContext,
  { folder, onShown }: { folder: DataFolder; onShown: (count: number) => void },
): FileView {
  const t = speaker(context)
  const path = folder.file('conversations.md')
  let shown = 0
  let closed = false
  let offset = 0
  let reading = Promise.resolve()

  async function read(): Promise<void> {
    const facts = await nodeFiles.stat(path)
    if (facts === null || facts.size <= offset) return
    const text = Buffer.from(await nodeFiles.read(path, offset, facts.size)).toString('utf8')
    const end = text.lastIndexOf('\n') + 1
    offset += Buffer.byteLength(text.slice(0, end))
    for (const line of text.slice(0, end).split('\n').slice(0, -1)) show(line)
  }

  function show(line: string): void {
    const record = parseRecord(line)
    if (record === null || closed) return
    shown++
    if (context.json) {
      context.print(JSON.stringify({ line: shown, ...record }))
    } else {
      const time = record.at.slice(11, 19)
      const who = record.from === null ? 'unverified' : escapeText(record.from.name)
      const where = paint(context, DIM, `conversations.md:${shown}`)
      context.print(
        `${paint(context, DIM, time)}  ${paint(context, BOLD, who)}  ${escapeText(record.content)}  ${where}`,
      )
    }
    onShown(shown)
  }

  return {
    update() {
      reading = reading.then(read).catch(() => undefined)
    },
    summary() {
      closed = true
      return t(
        `${shown} messages, each in conversations.md (one line), the received ones in inbox_pushed.md too (as they came). Look: ${folder.path}`,
        `共 ${shown} 条消息，均写入 conversations.md（每条一行），收到的还写入 inbox_pushed.md（原样）。位置：${folder.path}`,
      )
    },
  }
}
