import type { RelayEvent } from '../../scripts/embedded/relay/server.ts'

/**
 * The outside oracle of the crash tests: which messages a relay handed over, and to which daemon, seen from the relay.
 * Each message of a test begins with a mark of its own, so that none can stand for another.
 */
export interface Oracle {
  /** For the relay's `observe`; events of other users are passed over. */
  observe(event: RelayEvent): void
  /**
   * A daemon is about to be started.
   *
   * @param starvedMs for how long it has stood in line for a processor so far, which does not count as its time
   */
  begin(starvedMs?: () => number): void
  /** Whatever the daemon is given from here on, it will not read it: it was killed, or stopped by SIGSTOP. */
  cut(): void
  /** SIGCONT: it reads again. */
  goOn(): void
  /** SIGTERM: it hands on what it has, and a read in flight is heard out. */
  ask(): void
  /** What the relay believes. */
  readonly online: boolean
  /** Stored by the relay and not read yet. */
  readonly waiting: number
  /** Messages given to the present daemon. */
  readonly pushed: number
  readonly drained: number
  /** Has to be in the files whatever the machine's pace: the daemon did something that it does only after the commit. */
  sure(arrived: ReadonlySet<string>): Set<string>
  /** Has to be in the files because there was time enough. */
  timely(): Set<string>
  /** false: the relay took it and never told what became of it. */
  knows(mark: string): boolean
  /** How long before the end of that daemon; negative when the relay had yet to notice the end. */
  marginMs(mark: string): number
  /** For the one who has to find out why. */
  explain(mark: string): string
}

/** What was handed over so long before the end has to be there: the promise's window, with room for a slow disk. */
export const SAFE_MS = 250

const MARK = /^m\d+;/

export function markOf(content: string): string[] {
  return MARK.exec(content)?.slice(0, 1) ?? []
}

export function markOfPayload(payload: string): string[] {
  const content = /\n内容：([^\n]*)/.exec(payload)?.[1]
  return content === undefined ? [] : markOf(content)
}

interface Life {
  readonly number: number
  readonly starvedMs: () => number
  readsUntil: number
  /** Of the time until then. */
  starvedUntil: number
  asked: boolean
}

interface Handover {
  readonly mark: string
  readonly by: 'pushed' | 'drained'
  readonly at: number
  readonly life: Life
  readonly starvedBefore: number
  /** The daemon asked for the next one, which it does after the commit only. */
  confirmed: boolean
}

/** One connection of a daemon, and what went into it, in order. */
interface Stream {
  readonly life: Life
  readonly pushes: Handover[]
}

export function createOracle(userId: number, now: () => number = () => performance.now()): Oracle {
  let life = lifeWith(0, Number.NEGATIVE_INFINITY)
  let given = { pushed: 0, drained: 0 }
  const handovers = new Map<string, Handover[]>()
  const waiting = new Set<string>()
  /** What goes into a dead one before the relay notices is nobody's (RC §7.2, unavoidable). */
  const streams = new Map<number, Stream>()
  const open = new Set<number>()
  let unconfirmed: Handover[] = []

  function handOver(payload: string, by: Handover['by'], to: Life): Handover[] {
    return markOfPayload(payload).map(mark => {
      const handover = { mark, by, at: now(), life: to, starvedBefore: to.starvedMs(), confirmed: false }
      handovers.set(mark, [...(handovers.get(mark) ?? []), handover])
      waiting.delete(mark)
      if (to === life) given[by]++
      return handover
    })
  }

  function end(): void {
    life.readsUntil = now()
    life.starvedUntil = life.starvedMs()
  }

  function marginOf({ at, life: { readsUntil } }: Handover): number {
    return readsUntil - at
  }

  function isTimely(one: Handover): boolean {
    return marginOf(one) - (one.life.starvedUntil - one.starvedBefore) >= SAFE_MS
  }

  function isCertain({ by, life: { asked }, confirmed }: Handover): boolean {
    return confirmed || (by === 'drained' && asked)
  }

  /** A stream is read in order: whatever came before something that arrived. */
  function overtaken({ pushes }: Stream, arrived: ReadonlySet<string>): string[] {
    const read = pushes.filter(one => marginOf(one) >= 0)
    return read.slice(0, read.findLastIndex(({ mark }) => arrived.has(mark)) + 1).map(({ mark }) => mark)
  }

  function marksOf(isMeant: (one: Handover) => boolean): string[] {
    return [...handovers].filter(([, all]) => all.some(isMeant)).map(([mark]) => mark)
  }

  return {
    observe(event) {
      if (!('userId' in event) || event.userId !== userId) return
      switch (event.kind) {
        case 'connected':
          streams.set(event.connection, { life, pushes: [] })
          open.add(event.connection)
          break
        case 'disconnected':
          open.delete(event.connection)
          break
        case 'pushed': {
          // The kernel's word on the last event of a stream comes after its end.
          const stream = streams.get(event.connection)
          if (stream !== undefined) stream.pushes.push(...handOver(event.payload, 'pushed', stream.life))
          break
        }
        case 'stored':
          for (const mark of markOfPayload(event.payload)) waiting.add(mark)
          break
        case 'drained':
          unconfirmed.push(...event.payloads.flatMap(payload => handOver(payload, 'drained', life)))
          break
        case 'request':
          if (event.path !== '/messages' || now() > life.readsUntil) return
          for (const handover of unconfirmed) handover.confirmed = true
          unconfirmed = []
      }
    },
    begin(starvedMs) {
      life = lifeWith(life.number + 1, Number.POSITIVE_INFINITY, starvedMs)
      given = { pushed: 0, drained: 0 }
      unconfirmed = []
    },
    cut() {
      if (life.readsUntil === Number.POSITIVE_INFINITY) end()
    },
    goOn() {
      life.readsUntil = Number.POSITIVE_INFINITY
    },
    ask() {
      end()
      life.asked = true
    },
    get online() {
      return open.size > 0
    },
    get waiting() {
      return waiting.size
    },
    get pushed() {
      return given.pushed
    },
    get drained() {
      return given.drained
    },
    sure: arrived =>
      new Set([...marksOf(isCertain), ...[...streams.values()].flatMap(stream => overtaken(stream, arrived))]),
    timely: () => new Set(marksOf(isTimely)),
    knows: mark => handovers.has(mark) || waiting.has(mark),
    marginMs: mark => Math.max(...(handovers.get(mark) ?? []).map(marginOf)),
    explain(mark) {
      const all = (handovers.get(mark) ?? []).map(one => {
        const starved = Math.round(one.life.starvedUntil - one.starvedBefore)
        const distance = `${Math.round(marginOf(one))} ms (${starved} starved) before the end of daemon ${one.life.number}`
        return `${one.by} ${distance}${one.confirmed ? ', which asked for more' : ''}`
      })
      return `${mark} ${waiting.has(mark) ? 'waits in the relay; ' : ''}${all.join('; ')}`
    },
  }
}

function lifeWith(number: number, readsUntil: number, starvedMs = () => 0): Life {
  return { number, starvedMs, readsUntil, starvedUntil: 0, asked: false }
}
