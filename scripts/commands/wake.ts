import { createTransport } from '../adapters/transport.ts'
import { poke } from '../adapters/wake/adapter.ts'
import { utcSeconds } from '../core/clock.ts'
import { parseConfig, type WakeConfig } from '../core/config.ts'
import { ConfigError } from '../core/errors.ts'
import { inLanguage } from '../core/i18n.ts'
import type { PokeOutcome } from '../protocol/wake/answer.ts'
import { testText } from '../protocol/wake/poke.ts'
import { openclawSettings, ownSettings, USUAL_SETTINGS } from '../protocol/wake/settings.ts'
import { readConfigFile } from '../store/config-file.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import { takeArguments, wrongUsage } from './arguments.ts'
import { type Command, type CommandContext, DONE, FAILED, speaker } from './command.ts'

export const wake: Command = {
  usage: 'test | settings',
  about: {
    en: 'Waking the agent: "test" wakes it once and says what to change in OpenClaw if that fails; "settings" prints what OpenClaw needs. Edits nothing.',
    zh: '唤醒智能体："test" 唤醒一次，失败时说明应在 OpenClaw 中改什么；"settings" 打印 OpenClaw 需要的配置。不修改任何文件。',
  },
  examples: ['npm run -s im -- wake settings', 'npm run -s im -- wake test', 'npm run -s im -- wake test --json'],
  async run(context) {
    const [verb] = takeArguments(context, 'wake', [1])
    if (verb === 'test') return test(context)
    if (verb === 'settings') return settings(context)
    throw wrongUsage('wake', {
      en: 'wake takes "test" or "settings".',
      zh: 'wake 的用法是 "test" 或 "settings"。',
    })
  },
}

/** Asks the gateway itself: with the daemon or without it, and whatever the daemon waits for. */
async function test(context: CommandContext): Promise<number> {
  const { clock, log, environment, interrupted: signal } = context
  requireDataFolder(context.folder())
  const config = configured(context)
  if (config === null) throw notConfigured()
  const transport = createTransport(environment.proxy, { forPushes: true })
  try {
    const now = clock.now()
    const text = testText(new Date(now).toISOString())
    const began = clock.monotonic()
    const outcome = await poke(
      config,
      { text, eventId: `wake-test-${now}` },
      { signal, clock, fetch: transport.fetch, log },
    )
    const isWell = outcome.kind === 'taken' && outcome.reason === null
    const durationMs = Math.round(clock.monotonic() - began)
    const at = utcSeconds(now)
    context.print(
      context.json
        ? JSON.stringify(forMachines(outcome, { isWell, at, durationMs, config }, context))
        : describe(outcome, context),
    )
    return isWell ? DONE : FAILED
  } finally {
    await transport.close()
  }
}

function forMachines(
  { kind, httpStatus, reason, advice, said }: PokeOutcome,
  { isWell, at, durationMs, config }: { isWell: boolean; at: string; durationMs: number; config: WakeConfig },
  { language }: CommandContext,
) {
  return {
    ok: isWell,
    at,
    mode: config.mode,
    url: config.url,
    outcome: kind,
    reason,
    http_status: httpStatus,
    duration_ms: durationMs,
    advice: advice === null ? null : inLanguage(advice, language),
    gateway_said: said,
  }
}

function describe({ httpStatus, reason, advice, said }: PokeOutcome, context: CommandContext): string {
  const t = speaker(context)
  if (advice === null) {
    return t(
      'The gateway took it. Whether the agent acts shows in its own chat.',
      '网关已接收。智能体是否行动，请看它自己的对话。',
    )
  }
  const lines = [
    t(`The agent was not woken (${reason}).`, `未能唤醒智能体（${reason}）。`),
    inLanguage(advice, context.language),
  ]
  if (said !== null)
    lines.push(t(`OpenClaw said (HTTP ${httpStatus}): ${said}`, `OpenClaw 的答复（HTTP ${httpStatus}）：${said}`))
  return lines.join('\n')
}

function settings(context: CommandContext): Promise<number> {
  const t = speaker(context)
  const config = configured(context)
  const wanted = config ?? {
    ...USUAL_SETTINGS,
    url: `http://localhost:${context.environment.openclaw.gatewayPort}/hooks`,
  }
  const [theirs, ours] = [openclawSettings(wanted), ownSettings(wanted)]
  if (context.json) {
    context.print(JSON.stringify({ configured: config !== null, openclaw_json: theirs, config_json: ours }))
    return Promise.resolve(DONE)
  }
  const parts = [
    t(
      'Into openclaw.json, beside what is there (this program does not edit it):',
      '加入 openclaw.json，与已有内容合并（本程序不会修改它）：',
    ),
    JSON.stringify(theirs, null, 2),
    t(
      'The token: 32 random characters or more, not those of the gateway, the same in both files.',
      'token：至少 32 个随机字符，不能与网关的相同，两个文件中保持一致。',
    ),
  ]
  if (config === null) {
    parts.push(t('Into config.json of the data folder:', '加入数据目录的 config.json：'), JSON.stringify(ours, null, 2))
  }
  parts.push(t('Then: npm run -s im -- wake test', '然后运行：npm run -s im -- wake test'))
  context.print(parts.join('\n'))
  return Promise.resolve(DONE)
}

/** @throws ConfigError where the file can not be used */
function configured({ folder, environment }: CommandContext): WakeConfig | null {
  const path = folder().file('config.json')
  const file = readConfigFile(path)
  if (file.kind === 'text') return parseConfig(file.text, environment.openclaw).config.wake
  if (file.kind === 'missing') return null
  throw new ConfigError(
    { en: `${path} can not be read (${file.reason}).`, zh: `无法读取 ${path}（${file.reason}）。` },
    { nextStep: { en: 'It has to belong to the user who runs this.', zh: '它必须属于当前运行的用户。' } },
  )
}

function notConfigured(): ConfigError {
  return new ConfigError(
    {
      en: 'Nobody is to be woken: config.json has no section wake.',
      zh: '没有要唤醒的对象：config.json 中没有 wake 一节。',
    },
    {
      nextStep: {
        en: '"wake settings" prints that section, and what OpenClaw needs.',
        zh: '"wake settings" 会打印该节，以及 OpenClaw 需要的配置。',
      },
    },
  )
}
