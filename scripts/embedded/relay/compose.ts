/** Puts a relay together: the parts every one has, in the form that its revision and its faults want. */

import { type Clock, systemClock } from '../../core/clock.ts'
import { blockText } from './block-text.ts'
import { openDatabase, transaction } from './database.ts'
import { answer, type Incoming } from './dispatch.ts'
import { readMessages } from './endpoints/messages.ts'
import { discover, listUsers } from './endpoints/people.ts'
import { registerBy } from './endpoints/register.ts'
import { deliverFileBy, sendFileBy, sendTextBy } from './endpoints/send.ts'
import { openStreamBy } from './endpoints/stream.ts'
import { guardedObserver, type Observer, type RelayEvent } from './events.ts'
import { carelessReading } from './faults/careless-reading.ts'
import { requestAhead } from './faults/crossing.ts'
import { createDeadRegistrations } from './faults/dead-registrations.ts'
import { freezingDelivery } from './faults/freezing-file.ts'
import { createStandstill, holdEvents, holdReply, type Standstill } from './faults/standstill.ts'
import { faultyStreams } from './faults/stream-faults.ts'
import { type Faults, noFaults } from './faults.ts'
import { createInboxStore } from './inbox-store.ts'
import { createRateLimiter } from './rate-limit.ts'
import { createRelationsStore } from './relations-store.ts'
import type { Relay } from './relay.ts'
import { type Revision, type RevisionName, revisions } from './revisions.ts'
import { createRoutes, type Route } from './routes.ts'
import { currentSending, type SendingRules } from './sending.ts'
import { createStreamHub, type StreamHub } from './stream-hub.ts'
import { createUsersStore } from './users-store.ts'

/** Far more than a household has, and little enough that a stranger who registers in a loop fills no disk: 0.5 GB of homepages. */
export const DEFAULT_MAX_USERS = 1000

export interface ComposeOptions {
  /** `:memory:` or a file, which survives restarts and which one relay at a time may use. */
  databasePath?: string
  clock?: Clock
  /** RC §2: "switchable by the operator". */
  rateLimit?: boolean
  maxUsers?: number
  observe?: (event: RelayEvent) => void
  /** What the real relay does wrong: nothing of it unless it is asked for. */
  faults?: Partial<Faults>
  /** An older relay (RC §11). */
  revision?: RevisionName
  /** Of the fault `deadRegistrations`: when the original would collect garbage. */
  collectAfterRequests?: number
}

export interface Composed {
  readonly relay: Relay
  readonly faults: Faults
  /** Never rejects. */
  serve(incoming: Pick<Incoming, 'request' | 'response'>): Promise<void>
  /** Nothing waits for a standstill any more. */
  endStandstill(): void
  /** Gives the database away; what a stream gives back from here on is lost. */
  closeDatabase(): void
}

function routesOf(revision: Revision, faults: Faults, hub: StreamHub, standstill: Standstill | null): readonly Route[] {
  const sending: SendingRules = {
    previewLength: revision.hasPreviews ? currentSending.previewLength : 0,
    pushedAhead: faults.doubleFirstContact ? requestAhead(hub) : currentSending.pushedAhead,
  }
  const deliverFile = deliverFileBy(sending)
  const routes = createRoutes({
    readMessages: faults.earlyDeletion || faults.sharedRows ? carelessReading(faults) : readMessages,
    sendText: sendTextBy(sending),
    sendFile: revision.hasFiles
      ? sendFileBy(standstill === null ? deliverFile : freezingDelivery(standstill, deliverFile))
      : null,
    openStream: revision.stream === null ? null : openStreamBy(revision.stream),
    register: registerBy(revision.registration),
    users: revision.hasPagedUsers ? listUsers : discover,
    hasHomepages: revision.hasHomepages,
    healthPath: revision.healthPath,
    family: revision.family,
    registerFamily: revision.registerFamily,
  })
  if (standstill === null) return routes
  return routes.map(route => ({ ...route, endpoint: holdReply(standstill, route.endpoint) }))
}

export function compose(options: ComposeOptions): Composed {
  const faults = { ...noFaults, ...options.faults }
  const revision = revisions[options.revision ?? 'current']
  const realClock = options.clock ?? systemClock
  const standstill = faults.freezingFiles ? createStandstill(realClock) : null
  const clock = standstill?.clock ?? realClock
  const tell = guardedObserver(options.observe)
  const { collectAfterRequests } = options
  const dead = faults.deadRegistrations
    ? createDeadRegistrations({
        clock,
        observe: tell,
        ...(collectAfterRequests === undefined ? {} : { collectAfterRequests }),
      })
    : null
  const observe: Observer = event => {
    tell(event)
    if (event.kind === 'request') dead?.countRequest()
  }
  const sql = openDatabase(options.databasePath ?? ':memory:', { uniqueNames: revision.registration.uniqueNames })
  const inbox = createInboxStore(sql)
  const bareHub = createStreamHub({
    clock,
    observe,
    policy: faultyStreams(faults, { clock, dead }),
    putBack(message) {
      const payload = blockText(message)
      if (!sql.isOpen) return observe({ kind: 'lost', userId: message.toId, payload })
      try {
        inbox.add(message)
        observe({ kind: 'stored', userId: message.toId, payload })
      } catch (error) {
        observe({ kind: 'failed', where: 'putting a message back', error })
      }
    },
  })
  const hub = standstill === null ? bareHub : holdEvents(standstill, bareHub)
  const relay: Relay = {
    clock,
    observe,
    users: createUsersStore(sql),
    relations: createRelationsStore(sql),
    inbox,
    hub,
    maxUsers: options.maxUsers ?? DEFAULT_MAX_USERS,
    transaction: work => transaction(sql, work),
  }
  const { rateLimit } = revision
  const limiter = options.rateLimit === false || rateLimit === null ? null : createRateLimiter(clock, rateLimit)
  const routes = routesOf(revision, faults, hub, standstill)
  return {
    relay,
    faults,
    serve(exchange) {
      const incoming = { limiter, routes, ...exchange }
      if (standstill === null) return answer(relay, incoming)
      return new Promise(resolve => standstill.whenMoving(() => resolve(answer(relay, incoming))))
    },
    endStandstill: () => standstill?.end(),
    closeDatabase() {
      if (sql.isOpen) sql.close()
    },
  }
}
