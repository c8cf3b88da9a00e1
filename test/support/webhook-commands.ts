import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { webhooks } from '../../scripts/commands/webhooks/webhooks.ts'
import { readEnvironment } from '../../scripts/core/environment.ts'
import { UsageError } from '../../scripts/core/errors.ts'
import type { Language } from '../../scripts/core/i18n.ts'
import { createDataFolder, type DataFolder, dataFolderAt } from '../../scripts/store/data-folder.ts'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { enqueue, nextDeliveries, settleDead } from '../../scripts/store/deliveries.ts'
import { insertEvent } from '../../scripts/store/events.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { followSinks } from '../../scripts/store/sinks.ts'
import { contextFor } from './command-call.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Somebody types `webhooks …`, in this process, and no daemon runs unless the test starts one. */
export interface WebhookDesk {
  readonly folder: DataFolder
  /** A line as it is typed behind `webhooks`. */
  type(line: string, given?: Typed): Promise<Answer>
  /** The same with `--json`. */
  json(line: string, given?: Typed): Promise<Record<string, unknown>>
  /** The section of the file as it stands there. */
  section(): { inbound?: Sections; outbound?: Sections }
  /** What a daemon would have left. */
  withDatabase<T>(work: (database: Database) => T): T
}

export type Sections = Record<string, Record<string, unknown>>

interface Typed {
  readonly stdin?: string
  readonly variables?: Record<string, string>
  readonly language?: Language
}

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export function createWebhookDesk(path = join(temporaryFolder(), 'openwechat_im_client')): WebhookDesk {
  const folder = dataFolderAt(path)
  createDataFolder(folder)

  async function run(line: string, { stdin = '', variables = {}, language = 'en' }: Typed, json: boolean) {
    const args = (line.match(/"[^"]*"|\S+/g) ?? []).map(word => word.replaceAll('"', ''))
    const { values, positionals } = parseArgs({ args, options: webhooks.options ?? {}, allowPositionals: true })
    const said = { stdout: '', stderr: '' }
    const context = contextFor(folder, {
      values,
      positionals,
      json,
      language,
      environment: readEnvironment(variables),
      readInput: () => Promise.resolve(stdin),
      print: text => {
        said.stdout += `${text}\n`
      },
      note: text => {
        said.stderr += `${text}\n`
      },
    })
    return { context, said }
  }

  async function type(line: string, given: Typed = {}, json = false): Promise<Answer> {
    const { context, said } = await run(line, given, json)
    try {
      return { code: await webhooks.run(context), ...said }
    } catch (error) {
      // As the program does with what a command throws.
      return {
        ...said,
        code: error instanceof UsageError ? 2 : 1,
        stderr: `${said.stderr}${(error as Error).message}\n`,
      }
    }
  }

  return {
    folder,
    type: (line, given) => type(line, given),
    async json(line, given) {
      const { code, stdout, stderr } = await type(line, given, true)
      return { code, ...(stdout === '' ? { stderr } : (JSON.parse(stdout) as Record<string, unknown>)) }
    },
    section() {
      const value = JSON.parse(readFileSync(folder.file('config.json'), 'utf8')) as { webhooks?: object }
      return value.webhooks ?? {}
    },
    withDatabase(work) {
      const database = openForWriting(folder.file('state.db'), migrate)
      try {
        return work(database)
      } finally {
        database.close()
      }
    },
  }
}

/** Events that nobody took any more, oldest first. */
export function giveUp(
  database: Database,
  sink: string,
  eventIds: readonly string[],
  names: readonly string[] = [sink],
): void {
  followSinks(database, names)
  for (const eventId of eventIds) {
    const event = insertEvent(database, {
      eventId,
      name: 'message.received',
      at: '2026-03-09T10:00:00Z',
      lane: 'relay:2',
      seq: null,
      body: Buffer.from('{}'),
    })
    enqueue(database, { sink, event, lane: 'relay:2', body: null, notBefore: 0 })
  }
  for (const delivery of nextDeliveries(database, sink, { now: 0, limit: eventIds.length })) {
    settleDead(database, delivery, { at: '2026-03-09T10:05:00Z', reason: 'http_404' })
  }
}
