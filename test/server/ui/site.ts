import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../../../scripts/core/clock.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { type PageServer, type PageServerOptions, startPageServer } from '../../../scripts/server/ui/server.ts'
import { SHOWN_FILES } from '../../../scripts/store/data-file-reader.ts'
import { dataFolderAt } from '../../../scripts/store/data-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { connect, type Wire } from './wire.ts'

/** Stands in everything that the page must never show. */
export const SECRET = 'TOP-SECRET-7f3a'

export interface Site extends PageServer {
  /** Where the skill and the data folder lie side by side. */
  readonly home: string
  readonly data: string
  readonly page: string
  readonly host: string
  /** A connection of its own; closed when the test ends. */
  wire(): Wire
  write(name: string, text: string): void
}

/** Every shown file holds its own name. */
export async function startSite(t: TestContext, options: Partial<PageServerOptions> = {}): Promise<Site> {
  const home = temporaryFolder()
  const [data, page] = [join(home, 'openwechat_im_client'), join(home, 'skill', 'ui')]
  for (const folder of [data, join(data, '.files'), join(page, 'views'), join(home, 'skill', 'scripts')]) {
    mkdirSync(folder, { recursive: true })
  }
  for (const name of SHOWN_FILES) writeFileSync(join(data, name), `shown: ${name}`)
  for (const name of HIDDEN) writeFileSync(join(home, name), SECRET)
  writeFileSync(join(page, 'index.html'), 'the page')
  writeFileSync(join(page, 'views', 'main.js'), 'the view')
  const log = createLogger({ clock: systemClock, level: 'silent', write: () => undefined })
  const folder = dataFolderAt(data)
  const server = await startPageServer({ pageFolder: page, folder, port: 0, clock: systemClock, log, ...options })
  t.after(() => server.close())
  return {
    ...server,
    home,
    data,
    page,
    host: `127.0.0.1:${server.port}`,
    wire() {
      const wire = connect(server.port)
      t.after(() => wire.end())
      return wire
    },
    write: (name, text) => writeFileSync(join(data, name), text),
  }
}

const HIDDEN = [
  'secret.txt',
  'openwechat_im_client/config.json',
  'openwechat_im_client/state.db',
  'openwechat_im_client/state.db-wal',
  'openwechat_im_client/lock.db',
  'openwechat_im_client/daemon.token',
  'openwechat_im_client/conversations.md.bak',
  'openwechat_im_client/.files/1',
  'skill/package.json',
  'skill/config.json',
  'skill/scripts/cli.ts',
  'skill/ui/.hidden',
]
