import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Settings } from '../../scripts/embedded/ilink/simulator.ts'
import { FULL } from '../support/scale.ts'
import { campaignSeed, type SeededRandom, seededRandom } from '../support/seeded-random.ts'
import { assertWhole } from './verdict.ts'
import { createWechatHousehold, type WechatHousehold } from './wechat-household.ts'
import {
  judgeReceived,
  judgeShown,
  judgeWire,
  type OnTheWire,
  type Piece,
  piecesOf,
  piecesShown,
  type Received,
} from './wechat-verdict.ts'

export interface WechatCampaign {
  readonly rounds: number
  /** Households that go through their rounds side by side: most of a round is waiting. */
  readonly lanes: number
  readonly cursorMode: Settings['cursorMode']
  readonly prepare?: (home: WechatHousehold) => void
  /** One daemon's life, from before its start to after its end. */
  readonly round: (home: WechatHousehold, random: SeededRandom) => Promise<void>
}

/** Runs the rounds, lets a last daemon do what is left, and holds files and phones against what the server knows. */
export async function runWechatCampaign(t: TestContext, campaign: WechatCampaign): Promise<void> {
  const { rounds, lanes, cursorMode, prepare, round } = campaign
  const seed = campaignSeed()

  async function lane(number: number): Promise<WechatHousehold> {
    const random = seededRandom(seed + number)
    const home = await createWechatHousehold(t, { number, cursorMode })
    prepare?.(home)
    for (let n = number; n < rounds; n += lanes) await round(home, random)
    await home.start()
    await home.settle()
    await home.stop()
    return home
  }

  const ended = await Promise.allSettled(Array.from({ length: lanes }, (_, number) => lane(number)))
  const homes = ended.map(one => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  const outcomes = homes.map(outcomeOf)
  t.diagnostic(`${summaryOf(homes, outcomes)} (seed ${seed})`)
  for (const [i, home] of homes.entries()) {
    const { received, wire, people, unsettled, unknown } = outcomes[i] ?? assert.fail()
    assert.deepEqual(received.lost, [], 'lost')
    assert.ok(unkeptAnswers(home) <= home.kills, 'no more than one answer is lost with a daemon')
    assert.deepEqual(received.twice, [], 'twice')
    assert.deepEqual(received.misordered, [], 'out of order')
    for (const { user, shown, flags } of people) {
      assert.deepEqual(shown, { lost: [], twice: [], misordered: [] }, `what ${user} sees`)
      assert.deepEqual(flags, [], `what is wrong with it on the phone of ${user}`)
    }
    assert.deepEqual(wire.changed, [], 'one client_id with two bodies')
    assert.deepEqual(wire.renamed, [], 'one text under two client_ids')
    assert.deepEqual(unsettled, [], 'what the store says of what was sent')
    assert.ok(unknown.size <= wire.abandoned.length, 'only what was refused when it was repeated is unknown')
    assert.deepEqual(home.simulator.controls.violations(), [])
    assertSentOnce(home, unknown.size)
    assertWhole(home.view)
    assertShown(home)
  }
  const sum = sumOf(outcomes)
  assert.ok(sum(({ received }) => received.arrived) >= rounds, 'enough arrived for the campaign to mean something')
  // Which kill meets what is a matter of the machine's pace; of so many some must have come right in between.
  const interrupted = sum(({ cut, handedAgain, received }) => cut + handedAgain + received.missing.length)
  if (FULL) assert.ok(interrupted > 0, 'nothing was cut off by any kill')
}

interface Outcome {
  readonly received: Received
  /** How often a message left again that had left before. */
  readonly handedAgain: number
  /** Requests to which nobody was left to be answered. */
  readonly cut: number
  readonly uploads: number
  readonly wire: OnTheWire
  readonly people: readonly { readonly user: string; readonly shown: Shown; readonly flags: readonly unknown[] }[]
  /** Orders of which the store says that a part may be there or not. */
  readonly unknown: ReadonlySet<string>
  /** Those that ended in any other way than as accepted. */
  readonly unsettled: readonly string[]
}

type Shown = ReturnType<typeof judgeShown>

function outcomeOf(home: WechatHousehold): Outcome {
  const { view, written, bot, simulator, people } = home
  const { controls, phone } = simulator
  const handouts = controls.handouts(bot.id)
  const requests = controls.requests()
  const entries = home.reading(database => database.all('SELECT request_id, state, detail FROM outbox ORDER BY id'))
  const unknown = new Set(entries.filter(row => row['state'] === 'unknown').map(row => String(row['request_id'])))
  const orders = new Map(home.orders.map(order => [order.requestId, order]))
  const inOrder = entries.flatMap(row => orders.get(String(row['request_id'])) ?? [])
  assert.equal(inOrder.length, home.orders.length, 'every order is in the store, once')
  return {
    received: judgeReceived(view, { written, excused: excusedIn(home) }),
    handedAgain: handouts.length - new Set(handouts.map(({ messageId }) => messageId)).size,
    cut: requests.filter(({ path, outcome }) => !path.endsWith('/getupdates') && outcome?.isWhole !== true).length,
    uploads: requests.filter(({ path }) => path === '/c2c/upload').length,
    wire: judgeWire(requests.filter(({ path }) => path.endsWith('/sendmessage'))),
    people: people.map(user => {
      const { shown, flags } = phone.transcript(user, bot.id)
      const pieces = piecesShown(
        shown.filter(({ side }) => side === 'bot'),
        phone.open,
      )
      const expected = inOrder
        .filter(order => order.user === user)
        .flatMap(order => {
          const all: Piece[] = [...piecesOf(order.text), ...(order.file === null ? [] : [order.file.sha256])]
          return unknown.has(order.requestId) ? all.filter(piece => pieces.includes(piece)) : all
        })
      return { user, shown: judgeShown(pieces, expected), flags }
    }),
    unknown,
    unsettled: entries
      .filter(row => row['state'] !== 'accepted' && row['state'] !== 'unknown')
      .map(row => `${row['request_id']} ${row['state']} ${row['detail']}`),
  }
}

/** Answers whose cursor never came back: with each kill one at most, or a daemon polled on without having kept what it got. */
function unkeptAnswers({ bot, simulator }: WechatHousehold): number {
  return new Set(
    simulator.controls
      .handouts(bot.id)
      .filter(({ cameBack }) => !cameBack)
      .map(({ at }) => at),
  ).size
}

/** Under `consumed` what leaves with an answer has left for good, and a daemon that was killed may not have kept it (IL §5). */
function excusedIn({ written, bot, simulator }: WechatHousehold): ReadonlySet<string> {
  const handouts = simulator.controls.handouts(bot.id)
  const kept = new Set(handouts.filter(({ cameBack }) => cameBack).map(({ messageId }) => messageId))
  const left = new Set(handouts.map(({ messageId }) => messageId))
  return new Set(
    [...written].flatMap(([mark, { messageId }]) => (left.has(messageId) && !kept.has(messageId) ? [mark] : [])),
  )
}

/** `conversations.md` shows each order once, as accepted but for so many. */
function assertSentOnce({ view, orders }: WechatHousehold, unknown: number): void {
  const sent = view.records().filter(one => one.to != null)
  assert.deepEqual(
    sent.flatMap(({ flags }) => flags['state'] ?? []),
    Array.from({ length: unknown }, () => 'unknown'),
    'what the lines say of them',
  )
  const names = sent.map(({ content, flags }) => `${piecesOf(content)[0]} ${flags['attachment']}`)
  assert.equal(new Set(names).size, orders.length, 'every order is shown')
  assert.equal(names.length, orders.length, 'no order is shown twice')
}

/** Whatever was committed stands in `inbox_pushed.md`, also what a kill caught between the two. */
function assertShown({ view, reading }: WechatHousehold): void {
  const rows = reading(database => database.all("SELECT seq FROM messages WHERE via <> 'send' ORDER BY seq"))
  assert.deepEqual(
    view.entries().map(one => one.seq),
    rows.map(row => row['seq']),
  )
}

const sumOf =
  <T>(all: readonly T[]) =>
  (of: (one: T) => number) =>
    all.reduce((total, one) => total + of(one), 0)

function summaryOf(homes: readonly WechatHousehold[], outcomes: readonly Outcome[]): string {
  const [over, sum] = [sumOf(homes), sumOf(outcomes)]
  const consumed = sum(({ received }) => received.missing.length - received.lost.length)
  const orders = over(home => home.orders.length)
  const shown = (of: (one: Shown) => number) => sum(one => sumOf(one.people)(person => of(person.shown)))
  const received = [
    `${over(home => home.kills)} kills: ${over(home => home.written.size)} written`,
    `${sum(one => one.handedAgain)} handed out again, ${sum(one => one.received.arrived)} arrived`,
    ...(consumed > 0 ? [`${consumed} consumed by daemons that did not live to keep them`] : []),
    `${sum(one => one.received.lost.length)} lost, ${sum(one => one.received.twice.length)} twice`,
    `${sum(one => one.received.misordered.length)} out of order`,
  ]
  const sent = [
    `${orders} sent in ${sum(one => one.wire.requests)} requests and ${sum(one => one.uploads)} uploads`,
    `${sum(one => one.cut)} cut off`,
    `${sum(one => one.wire.repeated)} repeated byte for byte, ${sum(one => one.wire.renewed)} anew after a refusal`,
    `${over(home => home.parked)} times one was set aside`,
    ...(sum(one => one.unknown.size) > 0 ? [`${sum(one => one.unknown.size)} said to be unknown`] : []),
    `${shown(one => one.lost.length)} pieces lost, ${shown(one => one.twice.length)} twice`,
    `${shown(one => one.misordered.length)} people to whom they came in another order`,
  ]
  return [received.join(', '), ...(orders > 0 ? [sent.join(', ')] : [])].join('; ')
}
