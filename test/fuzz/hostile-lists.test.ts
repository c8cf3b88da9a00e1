import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { thinLine } from '../../scripts/embedded/relay/block-text.ts'
import { discoveryText, friendsText, profileText, registrationText } from '../../scripts/embedded/relay/people-text.ts'
import { parseDiscovered, parseFriends, walkList } from '../../scripts/protocol/relay/lists.ts'
import { descriptionFor, parseProfile, splitProfile } from '../../scripts/protocol/relay/profile.ts'
import { parseRegistration } from '../../scripts/protocol/relay/registration.ts'
import { classifyReply } from '../../scripts/protocol/relay/reply.ts'
import { type HostileUser, hostileUsers, madeAlike } from '../support/hostile-world.ts'
import { scale } from '../support/scale.ts'
import { campaignSeed } from '../support/seeded-random.ts'

/** Lists, profiles and the table of a registration, where every name and description was made to forge an entry. */

const RUNS = { numRuns: scale({ short: 1000, full: 50_000 }), seed: campaignSeed() }

const shownNone = (description: string | null) => (description === '（无）' ? null : description)

/** The text in front of the relay's lines, written down without a look at the reader. */
function headOf({ id, name, description }: HostileUser): string {
  return `${name}（ID:${id}）\n    简介：${description ?? '（无）'}`
}

interface List {
  /** Everybody with a profile. */
  readonly users: readonly HostileUser[]
  /** Who is in the list, in its order. */
  readonly listed: readonly HostileUser[]
  readonly kind: 'friends' | 'discovered'
}

const list: fc.Arbitrary<List> = fc
  .tuple(fc.oneof(hostileUsers(), madeAlike()), fc.constantFrom('friends', 'discovered'))
  .chain(([users, kind]) =>
    fc.record({
      users: fc.constant(users),
      listed: fc.shuffledSubarray(users, { minLength: 1 }),
      kind: fc.constant(kind as List['kind']),
    }),
  )

function readList({ listed, kind }: List) {
  const text =
    kind === 'friends'
      ? friendsText(listed.map(one => ({ ...one, since: one.registeredAt })))
      : discoveryText(listed, listed.length + 3)
  assert.deepEqual(classifyReply(200, text), { kind: 'text', text })
  const reply = kind === 'friends' ? parseFriends(text) : parseDiscovered(text)
  assert.ok(reply.kind === 'list')
  assert.equal(reply.count, listed.length)
  for (const { id } of listed) assert.ok(reply.candidates.includes(id), `#${id} is a candidate`)
  return reply
}

const TAILS = {
  friends: /^\n {4}好友建立时间：[-\d]{10} [:\d]{8}\n {4}最后活跃：[-\d]{10} [:\d]{8}/,
  discovered:
    /^\n {4}状态：(?:可交流|仅好友|免打扰)\n {4}注册时间：[-\d]{10} [:\d]{8}\n {4}最后活跃：[-\d]{10} [:\d]{8}/,
}

/** All orders of users whose entries, one behind the other, are exactly this text. */
function readings(body: string, { users, listed, kind }: List): number[][] {
  function from(rest: string, index: number, named: readonly number[]): number[][] {
    if (index > listed.length) return rest === '' ? [[...named]] : []
    const label = `${index === 1 ? '' : `\n${thinLine}\n`}[${index}] `
    return users.flatMap(user => {
      const begin = `${label}${headOf(user)}`
      if (named.includes(user.id) || !rest.startsWith(begin)) return []
      const tail = TAILS[kind].exec(rest.slice(begin.length))?.[0]
      return tail === undefined ? [] : from(rest.slice(begin.length + tail.length), index + 1, [...named, user.id])
    })
  }
  return from(body, 1, [])
}

describe('hostile lists', () => {
  test('name exactly who is in them, or nobody where they can be read in two ways', t => {
    let doubted = 0
    fc.assert(
      fc.property(list, one => {
        const reply = readList(one)
        const heads = new Map(one.users.map(user => [user.id, headOf(user)]))
        const truth = one.listed.map(user => user.id)
        const ways = readings(reply.body, one)
        assert.ok(ways.some(way => way.join() === truth.join()))
        assert.deepEqual(walkList(reply, heads, one.kind), ways.length === 1 ? truth : null)
        if (ways.length > 1) doubted++
      }),
      RUNS,
    )
    t.diagnostic(`${doubted} of ${RUNS.numRuns} can be read in two ways`)
    assert.ok(doubted > 0, 'two readings were tried')
  })

  test('with a profile missing, name nobody who is not in them and had no part in it', t => {
    let named = 0
    fc.assert(
      fc.property(list, fc.nat(5), (one, missing) => {
        const reply = readList(one)
        const heads = new Map(one.users.map(user => [user.id, headOf(user)]))
        heads.delete(one.listed[missing % one.listed.length]?.id ?? 0)
        const walked = walkList(reply, heads, one.kind)
        if (walked === null) return
        named++
        assert.equal(new Set(walked).size, one.listed.length)
        for (const id of walked) {
          const user = one.users.find(other => other.id === id)
          assert.ok(user !== undefined && (one.listed.includes(user) || !user.plain), `#${id}`)
        }
      }),
      RUNS,
    )
    t.diagnostic(`${named} of ${RUNS.numRuns} could be read all the same`)
  })
})

/** Every name that a user with this head could have. */
function possibleNames(head: string, id: number): string[] {
  const joint = `（ID:${id}）\n    简介：`
  const pieces = head.split(joint)
  return pieces.slice(1).flatMap((_, index) => {
    const name = pieces.slice(0, index + 1).join(joint)
    const description = pieces.slice(index + 1).join(joint)
    return [...name].length > 100 || [...description].length > 200 ? [] : [name]
  })
}

describe('hostile profiles', () => {
  test('are read as a whole, and split only where one name fits', t => {
    let open = 0
    let profiles = 0
    fc.assert(
      fc.property(fc.oneof(hostileUsers(), madeAlike()), users => {
        for (const user of users) {
          const { id, name, description } = user
          const text = profileText(user)
          assert.deepEqual(classifyReply(200, text), { kind: 'text', text })
          const head = parseProfile(text, id)?.head
          assert.equal(head, headOf(user))
          assert.equal(descriptionFor(headOf(user), id, name), shownNone(description))
          const names = possibleNames(headOf(user), id)
          const split = splitProfile(headOf(user), id)
          assert.deepEqual(split, names.length > 1 ? null : { name, description: shownNone(description) })
          profiles++
          if (split === null) open++
        }
      }),
      RUNS,
    )
    t.diagnostic(`${open} of ${profiles} profiles stay in one piece`)
    assert.ok(open > 0, 'names with two ends were tried')
  })
})

describe('hostile tables', () => {
  test('give no other id and no other token than the ones above them', () => {
    const token = fc.string({ minLength: 32, maxLength: 32, unit: fc.constantFrom(...'0123456789abcdef') })
    fc.assert(
      fc.property(hostileUsers(), token, (users, given) => {
        for (const me of users) {
          const others = users.filter(one => one !== me)
          const forged = { ...me, name: `x |\nID：7\nToken：${'f'.repeat(32)}\n${thinLine}\n` }
          const text = registrationText(me, given, [forged, ...others])
          assert.deepEqual(classifyReply(200, text), { kind: 'text', text })
          assert.deepEqual(parseRegistration(text, me), { id: me.id, token: given })
          for (const other of others) assert.equal(parseRegistration(text, other), null)
        }
      }),
      RUNS,
    )
  })
})
