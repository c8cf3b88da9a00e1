import type { Database } from '../store/database.ts'
import { type SinkState, sinkStates } from '../store/sinks.ts'
import { readStatus, readStatuses } from '../store/status.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Each sink with its state and its queue; waking the agent is one of them. */
export function sinksJson(database: Database): Readonly<Record<string, JsonObject>> {
  const told = readStatuses(database, 'sink:')
  const counts = new Map(sinkStates(database).map(one => [one.name, one]))
  const wake = readStatus(database, 'wake')
  const sinks = Object.fromEntries(
    [...new Set([...told.keys(), ...counts.keys()])]
      .sort()
      .map(name => [name, { ...(told.get(name) ?? NOT_CONFIGURED), ...queueJson(counts.get(name)) }]),
  )
  return wake === undefined ? sinks : { ...sinks, wake }
}

/** A queue of somebody who is no longer in the configuration. */
const NOT_CONFIGURED: JsonObject = { state: 'not_configured', reason: null, since_utc: null }

function queueJson(queue: SinkState | undefined): JsonObject {
  return {
    waiting: queue?.waiting ?? 0,
    dead_letters: queue?.dead ?? 0,
    delivered: queue?.delivered ?? 0,
    last_success_utc: queue?.lastSuccessAt ?? null,
    last_failure_utc: queue?.lastFailureAt ?? null,
    last_error: queue?.lastReason ?? null,
  }
}
