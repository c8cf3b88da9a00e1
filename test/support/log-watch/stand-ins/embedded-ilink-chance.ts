import { createIds as create, type Ids } from '../../../../scripts/embedded/ilink/chance.ts'
import { noteSecret } from '../journal.ts'

export * from '../../../../scripts/embedded/ilink/chance.ts'

/** What may stand in a log; everything else that the simulator issues is a secret. */
const HARMLESS: ReadonlySet<string> = new Set(['bot', 'item', 'message', 'phone'])

export function createIds(...args: Parameters<typeof create>): Ids {
  const ids = create(...args)
  function noted(purpose: string, value: string): string {
    if (!HARMLESS.has(purpose)) noteSecret(`the simulator's ${purpose}`, value)
    return value
  }
  return {
    hex: (purpose, length) => noted(purpose, ids.hex(purpose, length)),
    base64: (purpose, length) => noted(purpose, ids.base64(purpose, length)),
    bytes(purpose, length) {
      const value = ids.bytes(purpose, length)
      for (const form of ['hex', 'base64'] as const) noted(purpose, value.toString(form))
      noted(purpose, Buffer.from(value.toString('hex')).toString('base64'))
      return value
    },
    uint64: ids.uint64,
  }
}
