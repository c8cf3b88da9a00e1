import { randomUUID } from 'node:crypto'
import { createTransport } from '../../adapters/transport.ts'
import type { InboundWebhook } from '../../core/config.ts'
import { AppError, ConfigError } from '../../core/errors.ts'
import { inLanguage } from '../../core/i18n.ts'
import type { PushContext } from '../../core/sink.ts'
import type { TestMade } from '../../engine/actions/webhooks.ts'
import { act } from '../act.ts'
import { wrongUsage } from '../arguments.ts'
import { type CommandContext, DONE, FAILED, speaker } from '../command.ts'
import { type Probed, probeInbound, probeOutbound } from './probe.ts'
import { type Found, readConfigured, requireWebhook } from './shown.ts'
import type { Subcommand } from './subcommand.ts'

export const test: Subcommand = {
  takes: 'webhook',
  options: ['inbound'],
  async run(context, name) {
    const found = requireWebhook(readConfigured(context).webhooks, name)
    if (context.values['inbound'] === true && found.direction === 'outbound') throw isOutbound(name)
    const eventId = `evt_test_${randomUUID()}`
    const { probed, durationMs } = await probe(context, found, eventId)
    await log(context, {
      name: `webhook:${name}`,
      direction: found.direction === 'inbound' ? 'in' : 'out',
      eventId,
      durationMs,
      ...probed,
    })
    return tell(context, { name, found, probed, durationMs })
  },
}

async function probe(
  context: CommandContext,
  found: Found,
  eventId: string,
): Promise<{ probed: Probed; durationMs: number }> {
  const { clock, log, interrupted: signal } = context
  const transport = createTransport(context.environment.proxy, { forPushes: true })
  const ctx: PushContext = { clock, log, signal, fetch: transport.fetch }
  const begun = clock.monotonic()
  try {
    const probed =
      found.direction === 'outbound'
        ? await probeOutbound(found.webhook, eventId, ctx)
        : await probeInbound(withUrl(found.webhook), eventId, ctx)
    signal.throwIfAborted()
    return { probed, durationMs: Math.round(clock.monotonic() - begun) }
  } finally {
    await transport.close()
  }
}

function withUrl(webhook: InboundWebhook): InboundWebhook & { readonly url: string } {
  const { url } = webhook
  if (url === null) throw noUrl(webhook.name)
  return { ...webhook, url }
}

/** A test that was made is told of, whoever can not write it down. */
async function log(context: CommandContext, made: TestMade): Promise<void> {
  try {
    await act(context, 'webhooks-log-test', made)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const t = speaker(context)
    context.note(`${t('The test is not in the log', '测试未写入日志')}: ${inLanguage(error.text, context.language)}`)
  }
}

function tell(
  context: CommandContext,
  { name, found, probed, durationMs }: { name: string; found: Found; probed: Probed; durationMs: number },
): number {
  const t = speaker(context)
  const { httpStatus, error } = probed
  // Nobody but Discord can sign for Discord: that it is refused is what is to be seen.
  const isChecking =
    found.direction === 'inbound' &&
    found.webhook.kind === 'discord' &&
    found.webhook.verifySignature &&
    httpStatus === 401
  const ok = probed.ok || isChecking
  const remark = isChecking
    ? t(
        'reachable, and signatures are checked: the probe has none, since only Discord can make one',
        '可以访问，且会校验签名：测试请求没有签名，因为只有 Discord 能生成',
      )
    : null
  if (context.json) {
    const facts = { name, direction: found.direction, ok, http_status: httpStatus, duration_ms: durationMs, error }
    context.print(JSON.stringify({ ...facts, note: remark }))
    return ok ? DONE : FAILED
  }
  const status = httpStatus === null ? t(`no answer (${error})`, `无应答（${error}）`) : String(httpStatus)
  const line = `${ok ? '✓' : '✗'} ${status}, ${durationMs} ms${remark === null ? '' : `: ${remark}`}`
  if (ok) context.print(line)
  else context.note(line)
  return ok ? DONE : FAILED
}

function isOutbound(name: string) {
  return wrongUsage('webhooks', {
    en: `${JSON.stringify(name)} is an outbound webhook: test it without --inbound.`,
    zh: `${JSON.stringify(name)} 是出站 webhook：测试时不要加 --inbound。`,
  })
}

function noUrl(name: string): ConfigError {
  return new ConfigError(
    {
      en: `${JSON.stringify(name)} has no public address that could be tested.`,
      zh: `${JSON.stringify(name)} 没有可测试的公网地址。`,
    },
    {
      nextStep: {
        en: `Set it: webhooks set-inbound ${name} --url URL`,
        zh: `设置：webhooks set-inbound ${name} --url 地址`,
      },
    },
  )
}
