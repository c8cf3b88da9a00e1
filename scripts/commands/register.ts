import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findRelay } from '../adapters/relay/probe.ts'
import type { NewIdentity } from '../adapters/relay/register.ts'
import { createTransport } from '../adapters/transport.ts'
import { utcSeconds } from '../core/clock.ts'
import { isRegistered, isRelayUrl, parseConfig, plainHttpWarning } from '../core/config.ts'
import { AppError, ConfigError, errorCode } from '../core/errors.ts'
import { inLanguage } from '../core/i18n.ts'
import { codePoints, LONGEST_DESCRIPTION, LONGEST_NAME, type RelayStatus } from '../protocol/relay/profile.ts'
import type { Registration } from '../protocol/relay/registration.ts'
import { shownText } from '../protocol/untrusted-text.ts'
import { readConfigFile } from '../store/config-file.ts'
import { createDataFolder, type DataFolder } from '../store/data-folder.ts'
import { tryOwnFolder } from '../store/ownership.ts'
import { writeIdentity } from '../store/registration.ts'
import { workAlone } from '../without-daemon.ts'
import { option, takeArguments, wrongUsage } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { notWritten, registerAt } from './register-answer.ts'

const STATUSES: readonly RelayStatus[] = ['open', 'friends_only', 'do_not_disturb']

export const register: Command = {
  usage: '--base-url <url> --name <name>',
  about: {
    en: 'Makes an identity on a relay and writes config.json. The relay shows the token once: it is kept here, and there is no way to get it again.',
    zh: '在中继上注册身份并写入 config.json。Token 只显示一次：会保存在本地，之后无法再次获取。',
  },
  examples: [
    'npm run -s im -- register --base-url http://127.0.0.1:8000 --name "Lumen"',
    'npm run -s im -- register --base-url http://127.0.0.1:8000 --name "Lumen of home" --description "Ask me about lamps" --status open --force',
  ],
  options: {
    'base-url': { type: 'string' },
    name: { type: 'string' },
    description: { type: 'string' },
    status: { type: 'string' },
    force: { type: 'boolean' },
  },
  optionHelp: {
    'base-url': { en: 'URL  the address of your relay; there is no default', zh: '地址  你的中继地址；没有默认值' },
    name: {
      en: `NAME  1 to ${LONGEST_NAME} characters, never to be changed`,
      zh: `名称  1 到 ${LONGEST_NAME} 个字符，无法更改`,
    },
    description: {
      en: `TEXT  up to ${LONGEST_DESCRIPTION} characters, never to be changed`,
      zh: `简介  最多 ${LONGEST_DESCRIPTION} 个字符，无法更改`,
    },
    status: { en: STATUSES.join('|'), zh: STATUSES.join('|') },
    force: {
      en: 'replace the identity in config.json; the old file is kept beside it',
      zh: '替换 config.json 中的身份；旧文件会保留在旁边',
    },
  },
  async run(context) {
    takeArguments(context, 'register', [0])
    const { baseUrl, identity } = readOptions(context)
    const folder = context.folder()
    const replaces = checkPresentIdentity(folder, context.values['force'] === true)
    const transport = createTransport(context.environment.proxy)
    try {
      const { clock, interrupted: signal } = context
      const network = { fetch: transport.fetch, clock, signal }
      const relay = await findRelay(baseUrl, network)
      if (relay.level === 'fault') throw noRelay(baseUrl, relay.text, relay.next)
      for (const warning of plainHttpWarning(baseUrl)) context.note(inLanguage(warning, context.language))

      // Before the request: a folder that can not be written would cost the token.
      createDataFolder(folder)
      const stamp = utcSeconds(clock.now()).replaceAll(/[-:]/g, '')
      const { registration, kept } = await registerAt(baseUrl, identity, { context, network, stamp })
      const { id, token } = registration
      const setAside = replaces ? `config.json.replaced-${stamp}` : null
      await writeIdentity(folder, { baseUrl, token, id, name: identity.name }, setAside).catch(error => {
        // The relay shows it once: whatever the disk says, it must not be lost.
        if (kept === null) context.print(`Token: ${token}`)
        throw notWritten(id, { kept, reason: errorCode(error) })
      })
      tell(context, { ...registration, name: identity.name, baseUrl, setAside })
      await writeProfile(context, { ...registration, ...identity }, transport.fetch)
      return DONE
    } finally {
      await transport.close()
    }
  },
}

function readOptions(context: CommandContext): { baseUrl: string; identity: NewIdentity } {
  const baseUrl = option(context, 'base-url')
  if (baseUrl === undefined || !isRelayUrl(baseUrl)) {
    throw wrongUsage('register', {
      en: '--base-url takes the address of your relay, such as https://relay.example.org:8000.',
      zh: '--base-url 应为你的中继地址，例如 https://relay.example.org:8000。',
    })
  }
  const name = option(context, 'name') ?? ''
  checkLength('name', name, { least: 1, most: LONGEST_NAME })
  const description = option(context, 'description') ?? null
  checkLength('description', description ?? '', { least: 0, most: LONGEST_DESCRIPTION })
  const status = option(context, 'status') ?? null
  if (status !== null && !STATUSES.includes(status as RelayStatus)) {
    throw wrongUsage('register', {
      en: `--status takes ${STATUSES.join(', ')}.`,
      zh: `--status 可为 ${STATUSES.join('、')}。`,
    })
  }
  return { baseUrl: baseUrl.replace(/\/+$/, ''), identity: { name, description, status: status as RelayStatus | null } }
}

function checkLength(what: string, text: string, { least, most }: { least: number; most: number }): void {
  const length = codePoints(text)
  if (length >= least && length <= most && text.isWellFormed()) return
  throw wrongUsage('register', {
    en: `--${what} takes ${least} to ${most} characters, not ${length}.`,
    zh: `--${what} 应为 ${least} 到 ${most} 个字符，而不是 ${length} 个。`,
  })
}

/** @returns whether there is another identity that has to be kept */
function checkPresentIdentity(folder: DataFolder, force: boolean): boolean {
  const file = readConfigFile(folder.file('config.json'))
  if (file.kind === 'missing' || (file.kind === 'text' && holdsNobody(file.text))) return false
  if (file.kind === 'unreadable') throw notReadable(folder, file.reason)
  if (force) return true
  throw new ConfigError(
    {
      en: `${folder.file('config.json')} holds an identity already, or something that can not be read.`,
      zh: `${folder.file('config.json')} 中已有身份，或其内容无法读取。`,
    },
    {
      nextStep: {
        en: 'Use it as it is ("status" tells who you are), or replace it with --force: the old file is kept.',
        zh: '可继续使用现有身份（"status" 会显示），或用 --force 替换：旧文件会保留。',
      },
    },
  )
}

/** What can not be read can not be set aside either. */
function notReadable(folder: DataFolder, reason: string): ConfigError {
  const path = folder.file('config.json')
  return new ConfigError(
    { en: `${path} can not be read (${reason}).`, zh: `无法读取 ${path}（${reason}）。` },
    {
      nextStep: {
        en: 'Move it away, or allow reading it. Nothing was registered.',
        zh: '请将其移走，或允许读取。未进行注册。',
      },
    },
  )
}

function holdsNobody(text: string): boolean {
  try {
    return !isRegistered(parseConfig(text).config)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

function noRelay(baseUrl: string, why: { en: string; zh: string }, next?: { en: string; zh: string }): ConfigError {
  return new ConfigError(
    { en: `${baseUrl}: ${why.en}. Nothing was registered.`, zh: `${baseUrl}：${why.zh}。未进行注册。` },
    next === undefined ? {} : { nextStep: next },
  )
}

/** A daemon that waits for this configuration does it by itself. */
async function writeProfile(
  context: CommandContext,
  { id, name, status }: { id: number; name: string; status: string | null },
  fetch: ReturnType<typeof createTransport>['fetch'],
): Promise<void> {
  const folder = context.folder()
  const lock = tryOwnFolder(folder)
  if (lock === null) return
  try {
    const { clock, log, version, interrupted: signal } = context
    const { stateFolder } = context.environment
    const alone = { folder, stateFolder, clock, fetch, openclaw: {}, log, version, signal, progress: () => undefined }
    await workAlone(alone, desk => desk.relay().context.identified({ id: String(id), name, status: status ?? 'open' }))
  } finally {
    lock.release()
  }
}

function tell(
  context: CommandContext,
  made: Registration & { name: string; baseUrl: string; setAside: string | null },
): void {
  const t = speaker(context)
  const { id, token, name, baseUrl, setAside } = made
  const config = context.folder().file('config.json')
  if (context.json) {
    context.print(JSON.stringify({ my_id: id, my_name: name, token, base_url: baseUrl, config, set_aside: setAside }))
    return
  }
  context.print(t(`Registered on ${baseUrl}.`, `已在 ${baseUrl} 注册。`))
  context.print(`  ID: #${id}`)
  context.print(`  ${t('Name', '名称')}: ${shownText(name).text}`)
  context.print(`  Token: ${token}`)
  context.print(
    t(
      `The token is shown this once, and kept in ${config}. Whoever has it is you.`,
      `Token 仅显示这一次，已保存在 ${config}。谁拿到它，谁就是你。`,
    ),
  )
  if (setAside !== null) {
    context.print(t(`The former config.json is now ${setAside}.`, `原 config.json 已改名为 ${setAside}。`))
  }
  context.print(t(`Next, in ${context.skillFolder}:`, `下一步，在 ${context.skillFolder} 中：`))
  context.print(
    t(
      '  npm run sse    the daemon: keeps the connection, saves what arrives',
      '  npm run sse    守护进程：保持连接并保存收到的消息',
    ),
  )
  if (existsSync(join(context.skillFolder, 'ui'))) {
    context.print(
      t('  npm run ui     after that, the chat page on this machine', '  npm run ui     之后可打开本机的聊天页面'),
    )
  }
}
