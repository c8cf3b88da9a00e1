import type { Config } from '../core/config.ts'
import type { Language } from '../core/i18n.ts'
import { type Bridge, createBridge } from '../engine/bridge/bridge.ts'
import type { Desk } from '../engine/desk.ts'
import type { Ingest } from '../engine/ingest.ts'
import { createIntake } from '../engine/intake/intake.ts'
import type { StatusBoard } from '../engine/status-board.ts'
import { createIntakeDoor } from '../server/intake/door.ts'
import { sizeOfKept } from '../store/kept-files.ts'

/** What works with the outbox by itself: the listener, which takes orders from outside, and the bridge between channels. */
export interface Services extends Pick<Bridge, 'wrote'> {
  /** The configuration in force, again whenever it is saved. */
  apply(config: Config): void
  /** Somebody has signed in at WeChat: now it is known who that is. */
  signedIn(): void
  /** Messages were committed, and the files show them. */
  committed(): void
  stop(): Promise<void>
}

export interface ServicesOptions {
  readonly desk: Desk
  readonly ingest: Ingest
  readonly board: StatusBoard
  readonly language: Language
  readonly say: (text: Parameters<Parameters<typeof createIntakeDoor>[0]['say']>[0]) => void
}

export function createServices({ desk, ingest, board, language, say }: ServicesOptions): Services {
  const { folder, clock, log, writer, outbox, wechat, config } = desk
  const intake = createIntake({ config, ingest, outbox, wechat, writer, clock, log })
  const door = createIntakeDoor({ intake, clock, log, board, say })
  const bridge = createBridge({
    writer,
    clock,
    log,
    board,
    outbox,
    reach(account, user) {
      const { adapter, context } = wechat.session(account)
      return adapter.reach(user, context)
    },
    ownUser: account => (wechat.names().includes(account) ? wechat.session(account).record.userId : null),
    contacts: () => desk.relay().context.contacts.list(),
    sizeOfFile: path => sizeOfKept(folder, path),
    language: () => language,
  })
  return {
    apply(next) {
      door.apply(next)
      bridge.apply(next)
    },
    signedIn: () => bridge.apply(config()),
    committed: bridge.kick,
    wrote: bridge.wrote,
    async stop() {
      await door.stop()
      await bridge.stop()
    },
  }
}
