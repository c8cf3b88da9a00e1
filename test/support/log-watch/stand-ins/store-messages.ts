import { insertMessage as insert } from '../../../../scripts/store/messages.ts'
import { noteText } from '../journal.ts'

export * from '../../../../scripts/store/messages.ts'

export function insertMessage(...args: Parameters<typeof insert>): ReturnType<typeof insert> {
  noteText(args[1].parsed.content)
  return insert(...args)
}
