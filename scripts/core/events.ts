/** What webhooks are told of. The names are those of the tutorial that users follow (OI §5.3). */
export const EVENT_NAMES = [
  'message.received',
  'message.sent',
  'message.error',
  'channel.connected',
  'channel.disconnected',
  'agent.switched',
  'system.started',
  'system.stopped',
] as const

export type EventName = (typeof EVENT_NAMES)[number]

/** What `webhooks test` sends: nobody can subscribe to it, and it is never kept. */
export const TEST_EVENT = 'webhook.test'

export function isEventName(name: string): name is EventName {
  return (EVENT_NAMES as readonly string[]).includes(name)
}
