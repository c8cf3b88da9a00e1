import { type Bench, grouped, type Pair, type Row } from './bench.ts'
import { startDaemon } from './daemon.ts'
import { shows } from './folders.ts'
import { until } from './processes.ts'
import { OURS } from './relay.ts'
import { check, checkUndisturbed, isComplete } from './wechat-check.ts'
import { ask, committed, nameOf, startOnWechat } from './wechat-daemon.ts'
import { idleCost } from './wechat-idle.ts'
import { type Load, loadOf } from './wechat-load.ts'

/** Accounts that are polled at any time: while one comes, another one goes. */
const ACCOUNTS = 20

/** Twenty accounts on one daemon: what a message costs, what all of them occupy, and what they cost when nobody writes. */
export async function wechat(bench: Bench): Promise<Row[]> {
  const { size, progress } = bench
  const count = ACCOUNTS * size.wechatEach
  const loads: { ours: Load; theirs: Load }[] = []
  for (let n = 1; n <= size.wechatPairs; n++) {
    progress(`pair ${n} of ${size.wechatPairs}`)
    loads.push({ ours: await fromWechat(bench), theirs: await fromRelay(bench, count) })
  }
  progress('nobody writes')
  const idle = { ours: await idleCost(bench, ACCOUNTS), theirs: await idleCost(bench, 0) }
  const all = `${grouped(count)} messages to ${ACCOUNTS} accounts on WeChat`
  const against = `${grouped(count)} from one relay`
  const pairs = (of: (load: Load) => number): Pair[] =>
    loads.map(({ ours, theirs }) => ({ ours: of(ours), theirs: of(theirs) }))
  return [
    { what: `CPU a message, ${all}`, against, unit: 'µs', pairs: pairs(load => load.cpuUs), target: { atMost: 6 } },
    {
      what: `memory at the start, ${ACCOUNTS} accounts`,
      against: 'none',
      unit: 'MB',
      pairs: pairs(load => load.startMb),
      target: { atMost: 1.3 },
    },
    {
      what: `memory at the peak, ${all}`,
      against,
      unit: 'MB',
      pairs: pairs(load => load.peakMb),
      target: { atMost: 1.5 },
    },
    {
      what: `memory afterwards, ${all}`,
      against,
      unit: 'MB',
      pairs: pairs(load => load.endMb),
      target: { atMost: 1.5 },
    },
    {
      what: `CPU of ${ACCOUNTS} idle accounts, ${size.wechatIdleMs / 1000} s`,
      against: 'of none',
      unit: 'ms',
      pairs: [{ ours: idle.ours.cpuMs, theirs: idle.theirs.cpuMs }],
      target: { atMost: 5 },
    },
    {
      what: 'commits meanwhile',
      against: 'polls that were answered',
      unit: '',
      pairs: [{ ours: idle.ours.commits, theirs: idle.ours.polls }],
      target: { atMost: 0.3 },
    },
  ]
}

async function fromRelay({ relay, folders, fresh }: Bench, count: number): Promise<Load> {
  const folder = folders.copy(fresh, 'relay-load')
  const { daemon } = await startDaemon(folder, relay)
  await relay.prepare(0, count)
  const load = await loadOf(daemon, async () => {
    await Promise.race([relay.flood(OURS), daemon.failed])
    await until('the last message in both files', () => shows(folder, count - 1), { child: daemon })
    return count
  })
  await daemon.stop()
  folders.remove(folder)
  return load
}

async function fromWechat(bench: Bench): Promise<Load> {
  const { size, folders } = bench
  const each = size.wechatEach
  // The last one of the first twenty goes while the others are at work, and another one comes.
  const [leaver, joiner] = [ACCOUNTS - 1, ACCOUNTS]
  const staying = Array.from({ length: ACCOUNTS - 1 }, (_, n) => n)
  const scene = await startOnWechat(bench, { accounts: ACCOUNTS, more: 1 })
  const { folder, daemon } = scene
  const everybody = [...staying, leaver, joiner]
  await scene.order({ kind: 'fill', accounts: everybody, first: 0, count: each - 1 }, 'filled')
  const count = ACCOUNTS * each
  const load = await loadOf(daemon, async () => {
    await scene.order({ kind: 'open', accounts: everybody, last: each - 1 }, 'opened')
    await until('a third of it', () => committed(folder) > count / 3, { child: daemon })
    await ask(folder, 'wechat-save', { name: nameOf(joiner), credentials: scene.credentials(joiner) })
    await ask(folder, 'wechat-logout', { account: nameOf(leaver) })
    await until('all of it', () => isComplete(folder, [...staying, joiner], each), { child: daemon, everyMs: 500 })
    return committed(folder)
  })
  check(folder, { complete: [...staying, joiner], cut: leaver, each })
  checkUndisturbed(await scene.order({ kind: 'count' }, 'counted'), { staying, joiner, leaver })
  await scene.stop()
  folders.remove(folder)
  return load
}
