import type { CommandContext } from '../command.ts'

export const BOLD = 1
export const DIM = 2
export const GREEN = 32

/** For a terminal only: in a pipe the text stays bare. */
export function paint({ terminal }: Pick<CommandContext, 'terminal'>, code: number, text: string): string {
  return terminal ? `\u001b[${code}m${text}\u001b[0m` : text
}
