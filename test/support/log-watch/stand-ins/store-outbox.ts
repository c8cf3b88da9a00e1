import { insertEntry as insert } from '../../../../scripts/store/outbox.ts'
import { noteText } from '../journal.ts'

export * from '../../../../scripts/store/outbox.ts'

export function insertEntry(...args: Parameters<typeof insert>): ReturnType<typeof insert> {
  noteText(args[1].content)
  return insert(...args)
}
