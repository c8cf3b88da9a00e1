import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport, type Transport } from '../../adapters/transport.ts'
import { ConfigError } from '../../core/errors.ts'
import { createLogger } from '../../core/logger.ts'
import { type Daemon, startDaemon } from '../../daemon.ts'
import { type EmbeddedRelay, startRelay } from '../../embedded/relay/server.ts'
import { type RelayUser, registerUser } from '../../embedded/relay-user.ts'
import { type PageServer, startPageServer } from '../../server/ui/server.ts'
import { readConfigFile } from '../../store/config-file.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../store/data-folder.ts'
import { nodeFiles } from '../../store/files.ts'
import { type CommandContext, speaker } from '../command.ts'

/** What every demo plays on: a relay of its own, an owner who is registered there, their folder, their page. */
export interface Stage {
  readonly folder: DataFolder
  readonly relay: EmbeddedRelay
  readonly me: RelayUser
  readonly transport: Transport
  /** Aborts when the demo is over, or interrupted. */
  readonly signal: AbortSignal
  /** What commands get to see: this folder. */
  readonly context: CommandContext
  /** @param onWritten the files show more */
  startDaemon(onWritten: () => void): Promise<void>
  /** It has come to its end. */
  stop(): void
  close(): Promise<void>
}

/**
 * @param sections of `config.json`, besides the registration
 * @throws ConfigError where somebody is registered already
 */
export async function setStage(given: CommandContext, sections: Readonly<Record<string, unknown>>): Promise<Stage> {
  const t = speaker(given)
  const folder = given.values['data-dir'] === undefined ? throwAwayFolder() : unusedFolder(given)
  const ending = new AbortController()
  const signal = AbortSignal.any([given.interrupted, ending.signal])
  const transport = createTransport(DIRECT)
  const pushes = createTransport(DIRECT, { forPushes: true })
  let relay: EmbeddedRelay | undefined
  let page: PageServer | undefined
  let daemon: Daemon | undefined

  async function close(): Promise<void> {
    ending.abort()
    await page?.close()
    await daemon?.stop('demo ended')
    await relay?.close()
    await Promise.all([transport.close(), pushes.close()])
  }

  try {
    relay = await startRelay()
    const network = { fetch: transport.fetch, clock: given.clock }
    const me = await registerUser(relay.url, { name: t('Demo owner', '演示主人') }, network)
    await writeConfig(folder, { base_url: relay.url, token: me.token, my_id: me.id, my_name: me.name, ...sections })
    page = await servePage(given, folder)
    tellOfPage(given, { folder, page })
    return {
      folder,
      relay,
      me,
      transport,
      signal,
      context: { ...given, folder: () => folder },
      async startDaemon(onWritten) {
        daemon = await startDaemon({
          folder,
          stateFolder: null,
          runtimeFolder: given.environment.runtimeFolder,
          clock: given.clock,
          fetch: transport.fetch,
          pushFetch: pushes.fetch,
          // What the demo shows is the point here; faults still show.
          log: createLogger({ clock: given.clock, level: 'error', write: line => void process.stderr.write(line) }),
          version: given.version,
          language: given.language,
          onWritten,
        })
      },
      stop: () => ending.abort(),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const DIRECT = { http: '', https: '', except: '' }

function tellOfPage(context: CommandContext, { folder, page }: { folder: DataFolder; page: PageServer }): void {
  const t = speaker(context)
  context.print(t(`Your files: ${folder.path}`, `你的文件：${folder.path}`))
  context.print(t(`Page: ${page.url}`, `页面：${page.url}`))
  context.note(
    t(
      'The demo’s page shares this process; "npm run ui" is one that Node’s permission model keeps from your token.',
      '演示页面与本进程共用；"npm run ui" 则由 Node 权限模型限制，读不到令牌。',
    ),
  )
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

async function writeConfig(folder: DataFolder, config: Readonly<Record<string, unknown>>): Promise<void> {
  createDataFolder(folder)
  await nodeFiles.replace(folder.file('config.json'), `${JSON.stringify(config, null, 2)}\n`)
}
