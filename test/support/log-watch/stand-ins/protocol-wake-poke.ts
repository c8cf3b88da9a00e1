import { pokeRequest as request } from '../../../../scripts/protocol/wake/poke.ts'
import { noteSecret } from '../journal.ts'

export * from '../../../../scripts/protocol/wake/poke.ts'

export function pokeRequest(...args: Parameters<typeof request>): ReturnType<typeof request> {
  noteSecret('the token of a gateway', args[0].token)
  return request(...args)
}
