import { join } from 'node:path'
import { systemClock } from '../../../scripts/core/clock.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import { type PageServer, startPageServer } from '../../../scripts/server/ui/server.ts'
import { dataFolderAt } from '../../../scripts/store/data-folder.ts'

const PAGE = join(import.meta.dirname, '..', '..', '..', 'ui')

/** Whatever has an end: a test, or a program. */
export interface Scope {
  after(end: () => Promise<void>): void
  diagnostic(text: string): void
}

/** The real server in this process, until the scope ends. What `npm run ui` adds is tested without a browser. */
export async function servePage(t: Scope, path: string, port = 0): Promise<PageServer> {
  const server = await startPageServer({
    pageFolder: PAGE,
    folder: dataFolderAt(path),
    port,
    clock: systemClock,
    log: createLogger({ clock: systemClock, level: 'error', write: line => t.diagnostic(line) }),
  })
  t.after(() => server.close())
  return server
}
