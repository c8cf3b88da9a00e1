import type { EventName } from '../../core/events.ts'

/** What changes of our own state webhooks are told of (OI §5.3): once a change, not once a try. */
export interface ChannelEvents {
  /** A part says how it is. @param key as on the status board */
  noticed(key: string, facts: Readonly<Record<string, unknown>>): void
}

export interface ChannelChange {
  readonly name: EventName
  /** Such as `relay` or `wechat:main`. */
  readonly channel: string
  readonly text: string
  readonly reason?: string
}

const PREFIX = 'adapter:'
/** A silent stream is not given up: a second one is looked for beside it. */
const UP = new Set(['connected', 'silent'])

/**
 * @param account the account in use before this process; '' before the first one
 */
export function createChannelEvents(account: string, emit: (change: ChannelChange) => void): ChannelEvents {
  const up = new Map<string, boolean>()
  let inUse = account

  function channel(name: string, facts: Readonly<Record<string, unknown>>): void {
    const isUp = UP.has(String(facts['state']))
    if ((up.get(name) ?? false) === isUp) return
    up.set(name, isUp)
    if (isUp) emit({ name: 'channel.connected', channel: name, text: 'connected' })
    else {
      const reason = String(facts['reason'] ?? facts['state'] ?? 'unknown')
      emit({ name: 'channel.disconnected', channel: name, text: 'disconnected', reason })
    }
  }

  return {
    noticed(key, facts) {
      if (key.startsWith(PREFIX) && facts['state'] !== undefined) channel(key.slice(PREFIX.length), facts)
      if (key !== 'account' || typeof facts['key'] !== 'string' || facts['key'] === inUse) return
      if (inUse !== '') emit({ name: 'agent.switched', channel: 'relay', text: 'another account is in use' })
      inUse = facts['key']
    },
  }
}
