import type { ActionContext } from './actions/action.ts'
import type { Ingest } from './ingest.ts'
import { createOutbox } from './outbox/outbox.ts'

/** What actions work with, for as long as their folder is held: by the daemon, or by one command. */
export type Desk = Omit<ActionContext, 'signal' | 'progress'>

export function createDesk({ ingest, ...parts }: Omit<Desk, 'outbox'> & { readonly ingest: Ingest }): Desk {
  const { config, projector } = parts
  const outbox = createOutbox({
    ...parts,
    wechat: parts.wechat.session,
    claimed: () => ({ id: config()?.myId ?? null, name: config()?.myName ?? '' }),
    onCommit() {
      ingest.relationshipsChanged()
      projector.kick()
    },
  })
  return { ...parts, outbox }
}
