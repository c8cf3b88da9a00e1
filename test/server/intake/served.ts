import type { TestContext } from 'node:test'
import { systemClock } from '../../../scripts/core/clock.ts'
import { createLogger } from '../../../scripts/core/logger.ts'
import type { Answer, Asking } from '../../../scripts/engine/intake/exchange.ts'
import type { Intake } from '../../../scripts/engine/intake/intake.ts'
import {
  type IntakeServer,
  type IntakeServerOptions,
  startIntakeServer,
} from '../../../scripts/server/intake/server.ts'
import { connect, requestHead, type Wire } from '../ui/wire.ts'

export interface Served extends IntakeServer {
  readonly host: string
  readonly logs: readonly string[]
  /** A connection of its own; closed when the test ends. */
  wire(): Wire
}

export async function serve(
  t: TestContext,
  intake: Intake,
  options: Partial<IntakeServerOptions> = {},
): Promise<Served> {
  const logs: string[] = []
  const log = createLogger({ clock: systemClock, level: 'debug', write: line => logs.push(line) })
  const hosts = () => ['gateway.example.com']
  const server = await startIntakeServer({ port: 0, hosts, intake, clock: systemClock, log, ...options })
  t.after(() => server.close())
  return {
    ...server,
    host: `127.0.0.1:${server.port}`,
    logs,
    wire() {
      const wire = connect(server.port)
      t.after(() => wire.end())
      return wire
    },
  }
}

export interface Heard extends Intake {
  readonly asked: Asking[]
  readonly bodies: Buffer[]
}

/** Takes everything, and says what it was. */
export function listening(respond: (body: Buffer, asking: Asking) => Promise<Answer> | Answer = echo): Heard {
  const asked: Asking[] = []
  const bodies: Buffer[] = []
  return {
    asked,
    bodies,
    begin(asking) {
      asked.push(asking)
      if (asking.path === '/refused') return { status: 401, body: { error: 'unauthorized' } }
      return async body => {
        bodies.push(Buffer.from(body))
        return respond(Buffer.from(body), asking)
      }
    },
  }
}

function echo(body: Buffer): Answer {
  return { status: 200, body: { bytes: body.length, text: body.toString().slice(0, 100) } }
}

/** A whole request as text. */
export function posted(
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string | undefined>> = {},
): string {
  const bytes = Buffer.from(body)
  const all = { Host: 'localhost', 'Content-Length': String(bytes.length), ...headers }
  const given = Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined)
  return requestHead('POST', path, Object.fromEntries(given)) + bytes.toString('latin1')
}
