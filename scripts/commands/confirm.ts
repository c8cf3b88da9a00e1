import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isAbort } from '../core/errors.ts'
import { type CommandContext, speaker } from './command.ts'

/** `--yes`, or the word of whoever sits at the terminal. */
export async function isConfirmed(context: CommandContext, question: string): Promise<boolean> {
  if (context.values['yes'] === true) return true
  if (context.json || !context.terminal || !process.stdin.isTTY) return false
  process.stdout.write(`${question} ${speaker(context)('[y/N]', '[y/N]（是请输入 y）')} `)
  // Not as a terminal: Ctrl-C stays the signal that it is.
  const input = createInterface({ input: process.stdin, terminal: false })
  try {
    const ended = once(input, 'close', { signal: context.interrupted }).then(() => [''])
    const [answer] = await Promise.race([once(input, 'line', { signal: context.interrupted }), ended])
    return /^(?:y|yes|是|好)$/i.test(String(answer).trim())
  } catch (error) {
    if (isAbort(error)) return false
    throw error
  } finally {
    input.close()
  }
}
