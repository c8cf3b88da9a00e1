import type { AdapterContext } from '../../../core/adapter.ts'
import { allowedBy } from '../allowed.ts'
import { createIlinkClient, type Done, type IlinkClient, type TypingTarget } from '../client.ts'
import { lingering } from '../lingering.ts'
import { readPeerToken } from '../memos.ts'
import type { IlinkOptions } from '../options.ts'
import { createTickets, type Tickets } from './tickets.ts'

/** By what a phone is told that we write. */
export interface Line {
  show(signal: AbortSignal): Promise<'shown' | NotShown>
  /** Without it the phone shows it "for ever" (IL §9), so it is tried twice, and also when everything else was stopped. */
  cancel(ctx: Pick<AdapterContext, 'signal' | 'clock'>): Promise<'ended' | NotShown>
}

export type NotShown = 'off' | 'not_allowed' | 'never_wrote' | 'no_ticket' | 'refused' | 'no_answer'

/** A stop has seconds. */
const LAST_WORD_MS = 1000
const CANCEL_TRIES = 2

interface Bot {
  readonly token: string
  readonly client: IlinkClient
  readonly tickets: Tickets
}

export function createLines(options: IlinkOptions): { to(user: string, ctx: AdapterContext): Line | NotShown } {
  let known: Bot | null = null

  /** Tickets of another bot are of no use. */
  function present({ fetch, clock }: AdapterContext): Bot {
    const { token, baseUrl } = options.credentials()
    if (known?.token !== token) {
      const client = createIlinkClient({ token, baseUrl, facts: options.facts, fetch, clock })
      known = { token, client, tickets: createTickets({ client, clock }) }
    }
    return known
  }

  return {
    to(user, ctx) {
      if (!options.settings().typing) return 'off'
      if (!allowedBy(options, options.credentials())(user)) return 'not_allowed'
      const bot = present(ctx)
      const peer = readPeerToken(ctx.memo, { user, botToken: bot.token })
      return peer === null ? 'never_wrote' : lineOf(bot, { user: peer.user, contextToken: peer.token })
    },
  }
}

function lineOf({ client, tickets }: Bot, target: TypingTarget): Line {
  const { user } = target

  async function say(isTyping: boolean, signal: AbortSignal): Promise<Done | null> {
    const ticket = await tickets.get(target, signal)
    if (ticket === null) return null
    const said = await client.sendTyping({ user, ticket, isTyping }, signal)
    if (said.kind !== 'refused') return said
    // Some say that one lives for ten minutes.
    const other = await tickets.replace(target, signal)
    return other === null ? said : client.sendTyping({ user, ticket: other, isTyping }, signal)
  }

  return {
    async show(signal) {
      const said = await say(true, signal)
      return said?.kind === 'ok' ? 'shown' : reasonOf(said)
    },
    cancel: ({ signal, clock }) =>
      lingering({ signal, clock, ms: LAST_WORD_MS }, async patient => {
        for (let attempt = 1; ; attempt++) {
          const said = await say(false, patient)
          if (said?.kind === 'ok') return 'ended'
          if (attempt === CANCEL_TRIES) return reasonOf(said)
        }
      }),
  }
}

function reasonOf(said: Exclude<Done, { kind: 'ok' }> | null): NotShown {
  if (said === null) return 'no_ticket'
  return said.kind === 'transport' ? 'no_answer' : 'refused'
}
