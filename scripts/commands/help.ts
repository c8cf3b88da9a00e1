import { AppError } from '../core/errors.ts'
import { type Bilingual, inLanguage, type Language } from '../core/i18n.ts'
import { shownText } from '../protocol/untrusted-text.ts'
import { escapeText } from '../protocol/visible-escape.ts'
import { type Command, speaker } from './command.ts'

const COMMON_HELP: Readonly<Record<string, Bilingual>> = {
  'data-dir': { en: 'PATH  use another data folder', zh: '路径  使用其他数据目录' },
  lang: { en: 'en|zh  language of texts', zh: 'en|zh  界面语言' },
  json: { en: 'machine-readable output', zh: '机器可读输出' },
  help: { en: 'this text', zh: '显示本帮助' },
  version: { en: 'version of this program', zh: '程序版本' },
}

export async function formatOverview(
  commands: Readonly<Record<string, () => Promise<Command>>>,
  language: Language,
): Promise<string> {
  const lines: string[] = []
  for (const [name, load] of Object.entries(commands)) {
    lines.push(`  ${name.padEnd(10)} ${inLanguage((await load()).about, language)}`)
  }
  const say = speaker({ language })
  return [
    say('usage: npm run -s im -- <command> [options]', '用法：npm run -s im -- <命令> [选项]'),
    '',
    ...lines,
    '',
    say('Each command explains itself: <command> --help', '每个命令都有说明：<命令> --help'),
  ].join('\n')
}

export function formatHelp(name: string, command: Command, language: Language): string {
  const say = speaker({ language })
  const options = Object.entries({ ...command.optionHelp, ...COMMON_HELP })
  return [
    `${say('usage', '用法')}: ${name}${command.usage === '' ? '' : ` ${command.usage}`} [${say('options', '选项')}]`,
    '',
    inLanguage(command.about, language),
    '',
    ...options.map(([option, text]) => `  --${option.padEnd(18)} ${inLanguage(text, language)}`),
    '',
    say('Examples:', '示例：'),
    ...command.examples.map(example => `  ${example}`),
  ].join('\n')
}

/** What, why, and the next step (design §7). */
export function formatError(error: unknown, { language, json }: { language: Language; json: boolean }): string {
  const known = error instanceof AppError
  const said = known ? inLanguage(error.text, language) : String(error instanceof Error ? error.message : error)
  // A relay's words may be part of it, and with them anybody's: in neither form do they do anything.
  const { text } = shownText(said)
  const next = known && error.nextStep !== undefined ? inLanguage(error.nextStep, language) : undefined
  if (json) return JSON.stringify({ error: text, ...(next === undefined ? {} : { next }) })
  const [what, then] = language === 'zh' ? ['错误：', '下一步：'] : ['error: ', 'next: ']
  const lines = [`${what}${text}`]
  if (next !== undefined) lines.push(`  ${then}${next}`)
  // A stack begins with the error's words, which may be several lines and anybody's: only frames are shown.
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter(line => /^ {4}at /.test(line)) : []
  if (!known) lines.push(...frames.slice(0, 5).map(escapeText))
  return lines.join('\n')
}
