import { checkRelay } from '../adapters/relay/probe.ts'
import { createTransport } from '../adapters/transport.ts'
import { CONFIG_NOTES, type Config, isRegistered, parseConfig } from '../core/config.ts'
import type { OpenclawSettings } from '../core/environment.ts'
import { AppError } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import { bilingual, inLanguage } from '../core/i18n.ts'
import { readConfigFile } from '../store/config-file.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { inspectFolder } from '../store/inspection.ts'
import { type Command, type CommandContext, DONE, FAILED, speaker } from './command.ts'
import { inspectSinks } from './sink-findings.ts'
import { inspectWechat } from './wechat/findings.ts'

export const doctor: Command = {
  usage: '',
  about: {
    en: 'Checks the installation: first what needs no network, then the relay. Reads no messages, opens no stream.',
    zh: '检查安装：先做无需网络的检查，再检查中继。不读取消息，不打开推送流。',
  },
  examples: ['npm run -s im -- doctor', 'npm run -s im -- doctor --json'],
  async run(context) {
    const folder = context.folder()
    const findings: Finding[] = []
    function report(found: readonly Finding[]): void {
      findings.push(...found)
      // Each part is shown when it is known: the relay may take its time.
      if (!context.json) for (const one of found) context.print(describe(one, context))
    }

    const wechat = inspectWechat(folder)
    report([...inspectFolder(folder, context.clock), ...inspectSinks(folder), ...wechat])
    const { config, finding } = inspectConfig(folder, context.environment.openclaw, wechat.length > 0)
    report([finding])
    if (config !== null && isRegistered(config)) {
      const transport = createTransport(context.environment.proxy)
      try {
        report(await checkRelay(config, { fetch: transport.fetch, clock: context.clock, signal: context.interrupted }))
      } finally {
        await transport.close()
      }
    }
    if (context.json) context.print(JSON.stringify({ findings: findings.map(one => forMachines(one, context)) }))
    return findings.some(one => one.level === 'fault') ? FAILED : DONE
  },
}

function inspectConfig(
  folder: DataFolder,
  openclaw: OpenclawSettings,
  hasWechat: boolean,
): { config: Config | null; finding: Finding } {
  const check = 'config.json'
  const file = readConfigFile(folder.file('config.json'))
  if (file.kind === 'missing') {
    if (hasWechat) return { config: null, finding: { check, level: 'ok', text: WECHAT_ALONE } }
    return { config: null, finding: { check, level: 'fault', text: CONFIG_NOTES.missing, next: CONFIG_NOTES.fillIn } }
  }
  if (file.kind === 'unreadable') {
    return { config: null, finding: { check, level: 'fault', text: bilingual(file.reason), next: CONFIG_NOTES.fillIn } }
  }
  try {
    const { config, warnings } = parseConfig(file.text, openclaw)
    if (!isRegistered(config) && hasWechat) return { config, finding: { check, level: 'ok', text: WECHAT_ALONE } }
    if (!isRegistered(config))
      return { config, finding: { check, level: 'fault', text: CONFIG_NOTES.placeholders, next: CONFIG_NOTES.fillIn } }
    const notes = file.readableByOthers ? [...warnings, CONFIG_NOTES.readableByOthers] : warnings
    if (notes.length === 0) return { config, finding: { check, level: 'ok', text: VALID } }
    const text = { en: notes.map(one => one.en).join(' '), zh: notes.map(one => one.zh).join(' ') }
    return { config, finding: { check, level: 'warning', text } }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const next = error.nextStep === undefined ? CONFIG_NOTES.fillIn : bilingual(error.nextStep)
    return { config: null, finding: { check, level: 'fault', text: bilingual(error.text), next } }
  }
}

function describe({ check, level, text, next }: Finding, context: CommandContext): string {
  const t = speaker(context)
  const mark = { ok: t('ok     ', '正常'), warning: t('warning', '警告'), fault: t('FAULT  ', '故障') }[level]
  const line = `${mark}  ${check}: ${inLanguage(text, context.language)}`
  return next === undefined ? line : `${line}\n         ${t('next', '下一步')}: ${inLanguage(next, context.language)}`
}

function forMachines({ check, level, text, next }: Finding, { language }: CommandContext) {
  return {
    check,
    level,
    text: inLanguage(text, language),
    ...(next === undefined ? {} : { next: inLanguage(next, language) }),
  }
}

const VALID = { en: 'valid', zh: '有效' }
const WECHAT_ALONE = {
  en: 'no relay is registered; WeChat is used without one',
  zh: '未注册中继；不使用中继也可使用微信',
}
