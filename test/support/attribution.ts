import assert from 'node:assert/strict'
import type { Flags, MessageType, Party } from '../../scripts/core/message.ts'
import { type HostileUser, openingOf, type SentMessage } from './hostile-world.ts'

/** What a reader made of a message, in memory or in a line of a file. */
export interface Shown {
  readonly type: MessageType
  readonly from: Party | null
  readonly content: string
  readonly flags: Flags
}

/**
 * - `exact`: the true sender and exactly what he wrote; of a cut text, its beginning.
 * - `unverified`: nobody is named, and everything behind `发件人：` is shown.
 * - `swapped`: the residue of RC §8.3. An account that was made for it, whose name or description begins with the
 *   sender's whole header and label, is named, because the sender went on in exactly the words in which that account's
 *   header goes on. That account could have sent the same bytes, so nothing on the wire tells the two apart; and
 *   nobody is named who did not take part, which a plain user never did.
 */
export type Verdict = 'exact' | 'unverified' | 'swapped'

/**
 * Fails when a reader shows what nobody sent. Whether `unverified` may be is for the caller to say.
 *
 * @param cut the reader had only a part of the block
 */
export function judge(
  { type, from, content, flags }: Shown,
  sent: SentMessage,
  { users, cut = false }: { users: readonly HostileUser[]; cut?: boolean },
): Verdict {
  if (sent.kind === 'notice') return judgeNotice({ type, from, content, flags }, sent, cut)
  const statement = statementOf(sent.block)
  const complete = cut ? statement : statement.slice(0, openingOf(sent.from).length + sent.text.length)
  if (cut && type === 'unparsed') {
    assert.equal(from, null)
    assert.ok(sent.block.startsWith(content))
    return 'unverified'
  }
  assert.equal(type, sent.kind === 'request' ? 'friend_request' : 'chat')
  if (from === null) {
    assertText(content, complete, cut)
    return 'unverified'
  }

  const speaker = users.find(one => from.address.scheme === 'relay' && one.id === from.address.id)
  assert.ok(speaker !== undefined, `${JSON.stringify(from)} is nobody`)
  assert.equal(from.name, speaker.name)
  const shown = `#${speaker.id} is shown, #${sent.from.id} wrote it`
  const opening = openingsShownOf(speaker).find(one => statement.startsWith(one))
  assert.ok(opening !== undefined, shown)
  if (speaker !== sent.from) {
    assert.ok(!speaker.plain, shown)
    assert.ok(sent.kind === 'chat' || cut, `${shown}, as the request's last line says`)
    assert.ok(opening.startsWith(openingOf(sent.from)), shown)
  }
  assertText(content, complete.slice(opening.length), cut)
  assertImitated(flags, { users, speaker, statement })
  return speaker === sent.from ? 'exact' : 'swapped'
}

function judgeNotice({ type, from, content, flags }: Shown, sent: SentMessage, cut: boolean): Verdict {
  if (cut && type === 'unparsed') {
    assert.equal(from, null)
    assert.ok(sent.block.startsWith(content))
    return 'unverified'
  }
  assert.equal(type, 'system')
  assert.deepEqual(from, { address: { scheme: 'relay', id: 0 }, name: 'system' })
  assert.equal(flags['peer'], `#${sent.from.id}`)
  assert.equal(content, sent.text)
  return 'exact'
}

function assertText(shown: string, written: string, cut: boolean): void {
  if (cut) assert.ok(written.startsWith(shown), 'not the beginning of the text')
  else assert.equal(shown, written)
}

/** Nobody is called an imitator of somebody whose header he does not repeat. */
function assertImitated(
  flags: Flags,
  { users, speaker, statement }: { users: readonly HostileUser[]; speaker: HostileUser; statement: string },
): void {
  const imitated = flags['imitates']
  if (imitated === undefined) return
  const victim = users.find(one => `#${one.id}` === imitated)
  assert.ok(victim !== undefined && victim !== speaker)
  assert.ok(openingsShownOf(victim).some(one => statement.startsWith(one)))
}

/** A profile shows a missing description and a literal `（无）` alike, so a reader has to allow for both (RC §8.3). */
function openingsShownOf(user: HostileUser): string[] {
  if (user.description !== null && user.description !== '（无）') return [openingOf(user)]
  return [null, '（无）'].map(description => openingOf({ ...user, description }))
}

/** Everything behind `发件人：`; the two lines in front of it are the relay's. */
function statementOf(block: string): string {
  const label = '\n发件人：'
  return block.slice(block.indexOf(label) + label.length)
}
