import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { systemClock } from '../../scripts/core/clock.ts'
import { scale } from '../support/scale.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { runWechatCampaign } from './wechat-campaign.ts'
import type { Order, WechatHousehold } from './wechat-household.ts'
import { digestOf, textOfPieces } from './wechat-verdict.ts'

const ROUNDS = scale({ short: 10, full: 100 })
const LANES = 2
const timeout = 30 * 60_000

const sleepUpTo = (random: SeededRandom, ms: number) => systemClock.sleep(random.below(ms))

/** An answer takes its time, so that some kills meet it half way. */
function slowAnswers({ simulator }: WechatHousehold): void {
  const slowly = { kind: 'slow', pieces: 3, everyMs: 5 } as const
  simulator.controls.fault({ route: 'updates', fault: slowly, times: 'always', chance: 0.3 })
}

/** While a poll is held, right after something was written, or while nobody polls yet. */
async function killInThePoll(home: WechatHousehold, random: SeededRandom): Promise<void> {
  const { controls } = home.simulator
  home.write(random.below(3), random)
  await home.start()
  await waitFor('a held poll', () => controls.held(home.bot.id) > 0)
  home.write(random.below(3), random)
  await sleepUpTo(random, random.chance(0.5) ? 10 : 400)
  await home.kill()
}

/** Right after an answer with messages has left. */
async function killInTheCommit(home: WechatHousehold, random: SeededRandom): Promise<void> {
  const { controls } = home.simulator
  await home.start()
  const endFlood = home.flood(random)
  const before = controls.handouts(home.bot.id).length
  const enough = before + random.between(1, 60)
  await waitFor('answers', () => controls.handouts(home.bot.id).length >= enough, { everyMs: 1 })
  await sleepUpTo(random, 12)
  await home.kill()
  await endFlood()
}

describe('kill -9: what people wrote on WeChat is in both files, once and in order', { timeout }, () => {
  test('in the poll', { timeout }, t =>
    runWechatCampaign(t, {
      rounds: ROUNDS,
      lanes: LANES,
      cursorMode: 'replay',
      prepare: slowAnswers,
      round: killInThePoll,
    }),
  )

  test('in the commit', { timeout }, t =>
    runWechatCampaign(t, {
      rounds: ROUNDS,
      lanes: LANES,
      cursorMode: 'replay',
      prepare: slowAnswers,
      round: killInTheCommit,
    }),
  )

  test('in the commit, with a server that gives everything once', { timeout }, t =>
    runWechatCampaign(t, { rounds: ROUNDS, lanes: LANES, cursorMode: 'consumed', round: killInTheCommit }),
  )
})

/** Requests and their answers are on their way for a while, so that kills come in between. */
function slowSends({ simulator }: WechatHousehold): void {
  const always = { fault: { kind: 'delay', ms: 30 }, times: 'always', chance: 0.3 } as const
  for (const route of ['send', 'upload url', 'upload'] as const) {
    simulator.controls.fault({ route, ...always, isHandled: true })
    simulator.controls.fault({ route, ...always, isHandled: false })
  }
}

interface Rule {
  order(home: WechatHousehold, random: SeededRandom): Order
  /** A request to one of these says that it is being done. */
  readonly paths: readonly string[]
}

/** Some people write first, so that something may be sent to them; others do not, and what waits for them waits on. */
async function killInTheSend(home: WechatHousehold, random: SeededRandom, rule: Rule): Promise<void> {
  const { controls } = home.simulator
  const count = () => rule.paths.reduce((sum, path) => sum + controls.requestCount(path), 0)
  if (home.kills === 0) for (const user of home.people) home.writeFrom(user)
  for (const user of home.people) if (random.chance(0.2)) home.writeFrom(user)
  await home.start()
  if (home.kills === 0) await waitFor('the first mail', () => home.view.records().length >= home.people.length)
  for (let n = random.between(1, 3); n > 0; n--) home.order(rule.order(home, random))
  const enough = count() + random.between(1, 4)
  // Whoever must write first may be all that is left to write to.
  const until = performance.now() + 600
  await waitFor('requests', () => count() >= enough || performance.now() > until, { everyMs: 1 })
  if (random.chance(0.2)) home.writeFrom(random.pick(home.people))
  await sleepUpTo(random, random.chance(0.5) ? 10 : 100)
  await home.kill()
}

/** One part, or up to five. */
function textOrder(home: WechatHousehold, random: SeededRandom): Order {
  const name = `s${home.orders.length + 1}`
  const pieces = random.chance(0.3) ? 1 : random.between(2, 40)
  return { requestId: name, user: random.pick(home.people), text: textOfPieces(name, pieces), file: null }
}

const FOLDER = temporaryFolder()
const LARGEST_BYTES = 200_000

function fileOrder(home: WechatHousehold, random: SeededRandom): Order {
  const name = `s${home.orders.length + 1}`
  const bytes = randomBytes(random.between(1, LARGEST_BYTES))
  const path = join(FOLDER, `${home.bot.id}-${name}.${random.pick(['png', 'mp4', 'bin', 'wav'])}`)
  writeFileSync(path, bytes)
  const text = random.chance(0.5) ? '' : textOfPieces(name, random.between(1, 12))
  return { requestId: name, user: random.pick(home.people), text, file: { path, sha256: digestOf(bytes) } }
}

describe('kill -9: what was sent to people on WeChat is on their phones, once and in order', { timeout }, () => {
  test('in the send', { timeout }, t =>
    runWechatCampaign(t, {
      rounds: ROUNDS,
      lanes: LANES,
      cursorMode: 'replay',
      prepare: slowSends,
      round: (home, random) => killInTheSend(home, random, { order: textOrder, paths: ['/sendmessage'] }),
    }),
  )

  test('in the upload', { timeout }, t =>
    runWechatCampaign(t, {
      rounds: ROUNDS,
      lanes: LANES,
      cursorMode: 'replay',
      prepare: slowSends,
      round: (home, random) =>
        killInTheSend(home, random, {
          order: fileOrder,
          paths: ['/getuploadurl', '/c2c/upload', '/sendmessage'],
        }),
    }),
  )
})
