import { type RelayUser, registerUser as register } from '../../../../scripts/embedded/relay-user.ts'
import { noteSecret, noteText } from '../journal.ts'

export * from '../../../../scripts/embedded/relay-user.ts'

export async function registerUser(...args: Parameters<typeof register>): Promise<RelayUser> {
  const user = await register(...args)
  noteSecret('the token of a relay', user.token)
  return {
    ...user,
    send(toId, content) {
      noteText(content)
      return user.send(toId, content)
    },
  }
}
