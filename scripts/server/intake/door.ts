import { type Clock, utcSeconds } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { AppError, errorCode } from '../../core/errors.ts'
import { type Bilingual, bilingual } from '../../core/i18n.ts'
import type { Logger } from '../../core/logger.ts'
import type { Intake } from '../../engine/intake/intake.ts'
import { needsListener, publicHosts } from '../../engine/intake/reach.ts'
import type { StatusBoard } from '../../engine/status-board.ts'
import { type IntakeServer, startIntakeServer } from './server.ts'

/** Opens the listener when the configuration has something to take in, and closes it when that is over. */
export interface IntakeDoor {
  apply(config: Config): void
  stop(): Promise<void>
}

export interface IntakeDoorOptions {
  readonly intake: Intake
  readonly clock: Clock
  readonly log: Logger
  readonly board: Pick<StatusBoard, 'post' | 'remove'>
  /** A sentence for whoever sits at the terminal. */
  readonly say: (text: Bilingual) => void
}

/** On the status board. */
const KEY = 'listener'
/** Somebody else may leave the port. */
const RETRY_MS = 15_000

export function createIntakeDoor({ intake, clock, log, board, say }: IntakeDoorOptions): IntakeDoor {
  let server: IntakeServer | null = null
  let config: Config | null = null
  let port: number | null = null
  let work: Promise<void> = Promise.resolve()
  let cancelRetry: (() => void) | undefined
  let told = ''
  let stopped = false

  async function follow(): Promise<void> {
    cancelRetry?.()
    cancelRetry = undefined
    const wanted = config !== null && needsListener(config) && !stopped ? config.listener.port : null
    if (wanted !== port || wanted === null) await close()
    if (wanted === null || server !== null) return
    try {
      server = await startIntakeServer({ port: wanted, hosts: () => publicHosts(config), intake, clock, log })
      port = wanted
      tell({ state: 'listening', port: server.port, reason: null })
    } catch (error) {
      tell({ state: 'failed', port: wanted, reason: errorCode(error) })
      log.error('requests can not be taken in', { port: wanted, error: errorCode(error) })
      if (error instanceof AppError) say(sentences(error))
      cancelRetry = clock.after(RETRY_MS, enqueue)
    }
  }

  async function close(): Promise<void> {
    const open = server
    server = null
    port = null
    await open?.close()
    if (open === null || stopped) return
    told = ''
    await board.remove(KEY)
  }

  function tell(facts: { state: string; port: number; reason: string | null }): void {
    if (told === JSON.stringify(facts)) return
    told = JSON.stringify(facts)
    board.post(KEY, { ...facts, since_utc: utcSeconds(clock.now()) })
  }

  function enqueue(): void {
    work = work.then(follow).catch(error => log.error('the listener failed', { error: errorCode(error) }))
  }

  return {
    apply(next) {
      config = next
      enqueue()
    },
    async stop() {
      stopped = true
      enqueue()
      await work
    },
  }
}

function sentences({ text, nextStep }: AppError): Bilingual {
  const what = bilingual(text)
  const next = nextStep === undefined ? { en: '', zh: '' } : bilingual(nextStep)
  return { en: `${what.en} ${next.en}`.trim(), zh: `${what.zh}${next.zh}` }
}
