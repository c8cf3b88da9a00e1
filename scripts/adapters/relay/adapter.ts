import type { Adapter, AdapterContext, Outbound, SendOutcome } from '../../core/adapter.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import { createAccount, createParts, type RelayAccount } from './account.ts'
import { createInbox, type FetchedInbox } from './inbox.ts'
import { createRelayRequests, type RelayRequests } from './requests.ts'
import { createResolver } from './resolver.ts'
import { sendToRelay } from './send.ts'
import type { RelayOptions } from './settings.ts'
import { runSource } from './source.ts'

/** The openwechat-claw relay: a source by its stream, and its inbox where that does not reach; a sink by `/send`. */
export interface RelayAdapter extends Adapter {
  run(ctx: AdapterContext): Promise<void>
  send(message: Outbound, ctx: AdapterContext): Promise<SendOutcome>
  /** Everything else that an owner asks of the relay. */
  requests(ctx: AdapterContext): RelayRequests
  /** Empties the inbox now: beside `run`, whose reads it waits for, or without it. */
  fetchInbox(ctx: AdapterContext): Promise<FetchedInbox>
}

/** @param clock keeps the requests apart, whoever makes them */
export function createRelayAdapter(options: RelayOptions, clock: Clock): RelayAdapter {
  const account = createAccount(options, clock)
  return {
    name: 'relay',
    run: ctx => runSource(options, account, ctx),
    send(message, ctx) {
      const { client } = createParts(options, account, ctx)
      return sendToRelay(client, message, { signal: ctx.signal, onInboxWaiting: () => account.inbox?.look() })
    },
    requests: ctx => createRelayRequests(ctx, { ...createParts(options, account, ctx), myId: () => account.myId }),
    fetchInbox: ctx => account.inbox?.fetchNow() ?? fetchAlone(options, account, ctx),
  }
}

/** For a command that works without a daemon. */
async function fetchAlone(options: RelayOptions, account: RelayAccount, ctx: AdapterContext): Promise<FetchedInbox> {
  const parts = createParts(options, account, ctx)
  const inbox = createInbox(ctx, {
    ...parts,
    pacer: account.pacer,
    settings: options.settings,
    onUnexpected: () => undefined,
    onReached: () => undefined,
  })
  const outcome = await inbox.fetchNow()
  // What can not be looked up now is looked up by the next daemon.
  await createResolver(ctx, parts)
    .settleNow()
    .catch(error => ctx.log.info('senders stay unresolved for now', { reason: errorCode(error) }))
  return outcome
}
