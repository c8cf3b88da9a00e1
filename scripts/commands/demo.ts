import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from '../adapters/transport.ts'
import { ConfigError, isAbort } from '../core/errors.ts'
import { createLogger } from '../core/logger.ts'
import { type Daemon, startDaemon } from '../daemon.ts'
import { createChatBots } from '../embedded/chat-bots.ts'
import { type EmbeddedRelay, startRelay } from '../embedded/relay/server.ts'
import { registerUser } from '../embedded/relay-user.ts'
import { parseRecord } from '../protocol/record-line.ts'
import { escapeText } from '../protocol/visible-escape.ts'
import { type PageServer, startPageServer } from '../server/ui/server.ts'
import { readConfigFile } from '../store/config-file.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../store/data-folder.ts'
import { nodeFiles } from '../store/files.ts'
import { act } from './act.ts'
import { type Command, type CommandContext, DONE, FAILED, speaker } from './command.ts'

/** How many messages `--once` waits for, and for how long at most. */
const ENOUGH = 10
const ONCE_LIMIT_MS = 60_000

export const demo: Command = {
  usage: '[--once]',
  about: {
    en: 'The whole thing on this machine: an embedded relay, two bots, a daemon, what arrives, and the page. No account, no network.',
    zh: '在本机完整演示：内置中继、两个机器人、守护进程、实时收到的消息和页面。无需账号，无需网络。',
  },
  examples: ['npm run demo', 'npm run demo -- --once'],
  options: { once: { type: 'boolean' } },
  optionHelp: {
    once: { en: `end after ${ENOUGH} messages`, zh: `收到 ${ENOUGH} 条消息后结束` },
  },
  async run(context) {
    const t = speaker(context)
    const folder = context.values['data-dir'] === undefined ? throwAwayFolder() : unusedFolder(context)
    const stop = new AbortController()
    const signal = AbortSignal.any([context.interrupted, stop.signal])
    const transport = createTransport({ http: '', https: '', except: '' })
    const pushes = createTransport({ http: '', https: '', except: '' }, { forPushes: true })
    const parts: { relay?: EmbeddedRelay; daemon?: Daemon; page?: PageServer } = {}
    try {
      const relay = await startRelay()
      parts.relay = relay
      const network = { fetch: transport.fetch, clock: context.clock }
      const me = await registerUser(relay.url, { name: t('Demo owner', '演示主人') }, network)
      const bots = await createChatBots({ ...network, baseUrl: relay.url, audience: me.id, signal })
      await writeConfig(folder, { relay, me })

      context.print(
        t(`Relay on ${relay.url}, two bots, and you: #${me.id}.`, `中继 ${relay.url}，两个机器人，你是 #${me.id}。`),
      )
      context.print(t(`Your files: ${folder.path}`, `你的文件：${folder.path}`))
      parts.page = await servePage(context, folder)
      context.print(t(`Page: ${parts.page.url}`, `页面：${parts.page.url}`))
      context.note(
        t(
          'The demo’s page shares this process; "npm run ui" is one that Node’s permission model keeps from your token.',
          '演示页面与本进程共用；"npm run ui" 则由 Node 权限模型限制，读不到令牌。',
        ),
      )
      context.print('')

      const view = createView(context, folder, stop)
      parts.daemon = await startDaemon({
        folder,
        stateFolder: null,
        runtimeFolder: context.environment.runtimeFolder,
        clock: context.clock,
        fetch: transport.fetch,
        pushFetch: pushes.fetch,
        // The view below is the point here; faults still show.
        log: createLogger({ clock: context.clock, level: 'error', write: line => void process.stderr.write(line) }),
        version: context.version,
        language: context.language,
        onWritten: view.update,
      })
      const text = t('Hello! May I read along?', '你好！我可以旁听吗？')
      const here = { ...context, folder: () => folder }
      for (const id of bots.ids) await act(here, 'send', { to: String(id), text }, { repeatable: false })
      await bots.begin()

      const enough = await untilDone(context, signal, stop)
      context.print('')
      context.print(enough ? view.summary() : t('The messages did not arrive in time.', '消息未能及时到达。'))
      return enough ? DONE : FAILED
    } catch (error) {
      // Ctrl-C is how a demo ends, also while it is still beginning.
      if (context.interrupted.aborted && isAbort(error)) return context.values['once'] === true ? FAILED : DONE
      throw error
    } finally {
      stop.abort()
      await parts.page?.close()
      await parts.daemon?.stop('demo ended')
      await parts.relay?.close()
      await Promise.all([transport.close(), pushes.close()])
    }
  },
}

function throwAwayFolder(): DataFolder {
  return dataFolderAt(join(mkdtempSync(join(tmpdir(), 'openwechat-demo-')), 'openwechat_im_client'))
}

function servePage({ skillFolder, clock, log }: CommandContext, folder: DataFolder): Promise<PageServer> {
  return startPageServer({ pageFolder: join(skillFolder, 'ui'), folder, port: 0, clock, log })
}

/** @throws ConfigError where somebody is registered already: the relay shows a token once, and never again */
function unusedFolder(context: CommandContext): DataFolder {
  const folder = context.folder()
  if (readConfigFile(folder.file('config.json')).kind === 'missing') return folder
  throw new ConfigError(
    {
      en: `${folder.path} already holds a config.json: the demo would write over that registration.`,
      zh: `${folder.path} 中已有 config.json：演示会覆盖其中的注册信息。`,
    },
    {
      nextStep: {
        en: 'Leave out --data-dir (the demo then makes a folder of its own), or name an empty one.',
        zh: '去掉 --data-dir（演示会自建目录），或指定一个空目录。',
      },
    },
  )
}

async function writeConfig(
  folder: DataFolder,
  { relay, me }: { relay: EmbeddedRelay; me: { id: number; name: string; token: string } },
): Promise<void> {
  createDataFolder(folder)
  const config = { base_url: relay.url, token: me.token, my_id: me.id, my_name: me.name }
  await nodeFiles.replace(folder.file('config.json'), `${JSON.stringify(config, null, 2)}\n`)
}

/** True when the demo ended as it should: enough messages, or Ctrl-C without `--once`. */
async function untilDone(context: CommandContext, signal: AbortSignal, stop: AbortController): Promise<boolean> {
  const once = context.values['once'] === true
  const waited = context.clock.sleep(once ? ONCE_LIMIT_MS : Number.MAX_SAFE_INTEGER, signal).catch(() => undefined)
  await waited
  return once ? stop.signal.aborted : context.interrupted.aborted
}

/** Shows what stands in the files, read back from them. */
function createView(context: CommandContext, folder: DataFolder, stop: AbortController) {
  const t = speaker(context)
  const path = folder.file('conversations.md')
  let shown = 0
  let closed = false
  let offset = 0
  let reading = Promise.resolve()

  async function read(): Promise<void> {
    const facts = await nodeFiles.stat(path)
    if (facts === null || facts.size <= offset) return
    const text = Buffer.from(await nodeFiles.read(path, offset, facts.size)).toString('utf8')
    const end = text.lastIndexOf('\n') + 1
    offset += Buffer.byteLength(text.slice(0, end))
    for (const line of text.slice(0, end).split('\n').slice(0, -1)) show(line)
  }

  function show(line: string): void {
    const record = parseRecord(line)
    if (record === null || closed) return
    shown++
    if (context.json) {
      context.print(JSON.stringify({ line: shown, ...record }))
    } else {
      const time = record.at.slice(11, 19)
      const who = record.from === null ? 'unverified' : escapeText(record.from.name)
      const where = paint(context, DIM, `conversations.md:${shown}`)
      context.print(
        `${paint(context, DIM, time)}  ${paint(context, BOLD, who)}  ${escapeText(record.content)}  ${where}`,
      )
    }
    if (context.values['once'] === true && shown >= ENOUGH) stop.abort()
  }

  return {
    update() {
      reading = reading.then(read).catch(() => undefined)
    },
    /** Nothing is shown behind it. */
    summary() {
      closed = true
      return t(
        `${shown} messages, each in conversations.md (one line), the received ones in inbox_pushed.md too (as they came). Look: ${folder.path}`,
        `共 ${shown} 条消息，均写入 conversations.md（每条一行），收到的还写入 inbox_pushed.md（原样）。位置：${folder.path}`,
      )
    },
  }
}

const DIM = 2
const BOLD = 1

function paint(context: CommandContext, code: number, text: string): string {
  return context.terminal ? `\u001b[${code}m${text}\u001b[0m` : text
}
