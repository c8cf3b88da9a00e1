import { shownText } from '../../protocol/untrusted-text.ts'
import { type DeadLetter, deadLetters, hasDeliveries } from '../../store/deliveries.ts'
import { lastRequests, type RequestRecord } from '../../store/request-log.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { numberOption, openMessages } from '../reading.ts'
import { findWebhook, hasNoWebhook, readConfigured, requireWebhook } from './shown.ts'
import { MOST_LOGS, type Subcommand, USUAL_LOGS } from './subcommand.ts'

export const logs: Subcommand = {
  takes: 'any',
  options: ['last', 'failed'],
  run(context, name) {
    const limit = numberOption(context, 'last', { least: 1, most: MOST_LOGS }) ?? USUAL_LOGS
    const failedOnly = context.values['failed'] === true
    const { webhooks } = readConfigured(context)
    const isOther = findWebhook(webhooks, name) === null && (hasNoWebhook(name) || name === 'wake')
    const sink = isOther ? name : `webhook:${name}`
    const { requests, dead } = readLogs(context, { sink, limit, failedOnly })
    // Of one that was deleted the log stays.
    if (requests.length === 0 && !isOther) requireWebhook(webhooks, name)
    if (context.json) {
      const shown = { name, requests: requests.map(requestFacts) }
      context.print(JSON.stringify(failedOnly ? { ...shown, dead_letters: dead.map(deadFacts) } : shown))
    } else tell({ name, requests, dead }, context)
    return Promise.resolve(DONE)
  },
}

function readLogs(
  context: CommandContext,
  { sink, limit, failedOnly }: { sink: string; limit: number; failedOnly: boolean },
): { requests: RequestRecord[]; dead: DeadLetter[] } {
  const database = openMessages(context)
  try {
    if (database === null || !hasDeliveries(database)) return { requests: [], dead: [] }
    return {
      requests: lastRequests(database, sink, { limit, failedOnly }),
      dead: failedOnly ? deadLetters(database, sink, limit) : [],
    }
  } finally {
    database?.close()
  }
}

function tell(
  { name, requests, dead }: { name: string; requests: readonly RequestRecord[]; dead: readonly DeadLetter[] },
  context: CommandContext,
): void {
  const t = speaker(context)
  if (requests.length === 0) context.print(t('No such requests yet.', '暂无此类请求。'))
  for (const one of requests) context.print(requestLine(one, context))
  if (dead.length === 0) return
  context.print(
    t(
      `Dead letters; send them again with: npm run -s im -- webhooks redeliver ${name} --failed`,
      `死信；重新发送：npm run -s im -- webhooks redeliver ${name} --failed`,
    ),
  )
  for (const { at, event, eventId, attempts, reason } of dead) {
    const tries = t(`${attempts} tries`, `尝试 ${attempts} 次`)
    context.print(`  ${[at, event, eventId, tries, reason ?? ''].join('  ').trimEnd()}`)
  }
}

function requestLine(one: RequestRecord, context: CommandContext): string {
  const t = speaker(context)
  return [
    one.at,
    one.ok ? '✓' : '✗',
    one.direction === 'in' ? t('in', '入站') : t('out', '出站'),
    shownId(one.event) ?? '-',
    shownId(one.eventId) ?? '-',
    ...(one.attempt > 1 ? [t(`try ${one.attempt}`, `第 ${one.attempt} 次`)] : []),
    one.httpStatus === null ? t('no answer', '无应答') : String(one.httpStatus),
    `${one.durationMs} ms`,
    ...(one.error === null || one.error === `http_${one.httpStatus}` ? [] : [one.error]),
    ...(one.test ? [t('test', '测试')] : []),
  ].join('  ')
}

function requestFacts(one: RequestRecord) {
  return {
    at: one.at,
    direction: one.direction,
    event_id: shownId(one.eventId),
    event: shownId(one.event),
    attempt: one.attempt,
    http_status: one.httpStatus,
    ok: one.ok,
    duration_ms: one.durationMs,
    error: one.error,
    bytes: one.bytes,
    test: one.test,
  }
}

/** Of a request to us it may be the sender's. */
function shownId(text: string | null): string | null {
  return text === null ? null : shownText(text, LONGEST_ID).text
}

/** Code points. */
const LONGEST_ID = 80

function deadFacts({ eventId, event, at, attempts, reason }: DeadLetter) {
  return { event_id: eventId, event, at, attempts, reason }
}
