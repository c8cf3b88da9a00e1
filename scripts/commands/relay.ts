import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isLoopback } from '../core/config.ts'
import { UsageError } from '../core/errors.ts'
import { allFaults, type Faults, faultByName, faultNames } from '../embedded/relay/faults.ts'
import { type RevisionName, revisionNamed, revisions } from '../embedded/relay/revisions.ts'
import { type RelayEvent, startRelay } from '../embedded/relay/server.ts'
import { aborted } from './aborted.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'

const DEFAULT_PORT = 8000

const revisionNames = Object.keys(revisions)

export const relay: Command = {
  usage: '',
  about: {
    en: 'Runs the embedded relay: enough for one household. See SERVER.md.',
    zh: '运行内置中继：足够一个家庭使用。参见 SERVER.md。',
  },
  examples: [
    'npm run relay',
    'npm run relay -- --host 0.0.0.0 --port 8000 --db ~/relay.db',
    'npm run relay -- --faithful',
    'npm run relay -- --fault freezing-files --fault early-deletion',
  ],
  options: {
    host: { type: 'string' },
    port: { type: 'string' },
    db: { type: 'string' },
    'max-users': { type: 'string' },
    'no-rate-limit': { type: 'boolean' },
    faithful: { type: 'boolean' },
    fault: { type: 'string', multiple: true },
    revision: { type: 'string' },
  },
  optionHelp: {
    host: {
      en: 'ADDRESS  listen there (default 127.0.0.1: this machine only)',
      zh: '地址  监听地址（默认 127.0.0.1，仅本机）',
    },
    port: { en: `N  default ${DEFAULT_PORT}`, zh: `端口  默认 ${DEFAULT_PORT}` },
    db: {
      en: 'FILE  users and stored messages (default: in your state folder)',
      zh: '文件  用户与暂存消息（默认在你的状态目录中）',
    },
    'max-users': { en: 'N  registrations allowed', zh: '数量  允许的注册人数' },
    'no-rate-limit': { en: 'accept any number of requests', zh: '不限制请求频率' },
    faithful: {
      en: 'as the original is, with all its faults: it loses messages, for tests only',
      zh: '与原版一致，包括其全部缺陷：会丢失消息，仅供测试',
    },
    fault: {
      en: `NAME  one fault of the original, repeatable: ${faultNames.join(', ')}`,
      zh: `名称  原版的某一缺陷，可重复：${faultNames.join('、')}`,
    },
    revision: {
      en: `NAME  answer as an older relay: ${revisionNames.join(', ')}`,
      zh: `名称  模拟较旧版本的中继：${revisionNames.join('、')}`,
    },
  },
  async run(context) {
    const t = speaker(context)
    const { values } = context
    const faults = faultsOf(values)
    const revision = revisionOf(values['revision'])
    const host = String(values['host'] ?? '127.0.0.1')
    const database = resolve(String(values['db'] ?? join(context.environment.stateFolder, 'relay', 'relay.db')))
    mkdirSync(dirname(database), { recursive: true, mode: 0o700 })
    const maxUsers = wholeNumber(values['max-users'], 'max-users')
    const server = await startRelay({
      host,
      port: wholeNumber(values['port'], 'port') ?? DEFAULT_PORT,
      databasePath: database,
      rateLimit: values['no-rate-limit'] !== true,
      observe: event => tell(context, event),
      faults,
      ...(revision === undefined ? {} : { revision }),
      ...(maxUsers === undefined ? {} : { maxUsers }),
    })
    context.print(t(`Relay: ${server.url}`, `中继：${server.url}`))
    context.note(t(`Database: ${database}. Ctrl-C stops.`, `数据库：${database}。按 Ctrl-C 停止。`))
    if (!isLoopback(host)) {
      context.note(
        t(
          'Others can reach this relay, over plain http: put a TLS proxy in front of it (SERVER.md).',
          '其他机器可以通过明文 http 访问该中继：请在前面加一层 TLS 代理（见 SERVER.md）。',
        ),
      )
    }
    const active = Object.values(faults).filter(Boolean).length
    if (active > 0) {
      context.note(
        t(
          `${active} faults of the original are on: messages will be lost.`,
          `已启用原版的 ${active} 项缺陷：会丢失消息。`,
        ),
      )
    }
    await aborted(context.interrupted)
    await server.terminate()
    if (faults.deafShutdown === true) {
      context.note(
        t(
          'Nothing listens any more; open streams are kept and get no messages. Once more ends them.',
          '已停止监听；现有的流保持打开但不再收到消息。再次中断即可结束。',
        ),
      )
    }
    await server.ended
    return DONE
  },
}

function unknownName(option: string, name: string, known: readonly string[]): UsageError {
  return new UsageError(
    { en: `--${option} does not know ${JSON.stringify(name)}.`, zh: `--${option} 不认识 ${JSON.stringify(name)}。` },
    { nextStep: { en: `Known: ${known.join(', ')}`, zh: `可用：${known.join('、')}` } },
  )
}

function faultsOf(values: CommandContext['values']): Partial<Faults> {
  const faults = [values['fault'] ?? []].flat().map(name => {
    const fault = faultByName(String(name))
    if (fault === null) throw unknownName('fault', String(name), faultNames)
    return fault
  })
  return Object.assign(values['faithful'] === true ? { ...allFaults } : {}, ...faults)
}

function revisionOf(value: unknown): RevisionName | undefined {
  if (value === undefined) return undefined
  const revision = revisionNamed(String(value))
  if (revision === null) throw unknownName('revision', String(value), revisionNames)
  return revision
}

function wholeNumber(value: unknown, option: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value)
  throw new UsageError({ en: `--${option} takes a whole number.`, zh: `--${option} 应为整数。` })
}

/** Ids and counts only: what users write to each other is none of the operator's log. */
function tell({ log }: CommandContext, event: RelayEvent): void {
  switch (event.kind) {
    case 'connected':
    case 'disconnected':
      log.info(`stream ${event.kind}`, { user: event.userId, connection: event.connection })
      return
    case 'pushed':
      log.info('message pushed', { user: event.userId })
      return
    case 'stored':
      log.info('message stored', { user: event.userId })
      return
    case 'lost':
      log.warn('message lost', { user: event.userId })
      return
    case 'dead':
      log.warn('stream registered without its client', { user: event.userId, connection: event.connection })
      return
    case 'collected':
      log.info('dead stream collected', { user: event.userId, connection: event.connection })
      return
    case 'drained':
      if (event.payloads.length > 0) log.info('inbox read', { user: event.userId, messages: event.payloads.length })
      return
    case 'failed':
      log.error('relay fault', {
        where: event.where,
        error: event.error instanceof Error ? event.error.name : 'unknown',
      })
      return
    case 'request':
      log.debug('request', { method: event.method, user: event.userId })
  }
}
