import fc from 'fast-check'
import {
  beijingTime,
  blockText,
  friendshipNotice,
  inboxText,
  nameWithId,
  thinLine,
} from '../../scripts/embedded/relay/block-text.ts'
import type { Message, Person, User } from '../../scripts/embedded/relay/messages.ts'
import { friendsText, profileText } from '../../scripts/embedded/relay/people-text.ts'
import { relayText } from './arbitraries.ts'

/**
 * Users of one relay who knew each other's names, descriptions and ids when they made up their own, and what they
 * write, all of it to be taken for somebody else. The texts around it are the embedded relay's, which shares no code
 * with the readers.
 */
export interface World {
  readonly users: readonly HostileUser[]
  readonly messages: readonly SentMessage[]
}

export interface HostileUser extends User {
  /** Nothing in name or description could be read as anybody's header. */
  readonly plain: boolean
}

export interface SentMessage {
  readonly kind: Message['kind']
  /** The sender; of a notice, the new friend. */
  readonly from: HostileUser
  /** Each message of a world has a time of its own. */
  readonly at: number
  /** What a reader shows: the text, and the attachment's line, which nobody can tell from text (RC 807). */
  readonly text: string
  readonly block: string
}

/** A piece of a hostile text: any text, or something made of another user. */
type Part = string | { readonly about: number; readonly shape: keyof typeof SHAPES }

const LABEL = '\n内容：'
const START = Date.UTC(2026, 2, 9, 10, 0, 0)
/** Somebody whom the relay does not know. */
const NOBODY: Person = { id: 99, name: 'nobody', description: null }

/** How everything that this user sends begins (RC §4.2, `header`), with the label behind it. */
export function openingOf(person: Person): string {
  return `${nameWithId(person)}${person.description === null ? '' : ` | ${person.description}`}${LABEL}`
}

/** What can be made of a victim, or of one's own id, `mine`. */
const SHAPES = {
  name: victim => victim.name,
  mark: victim => `（ID:${victim.id}）`,
  ownMark: (_, mine) => `（ID:${mine}）`,
  label: () => LABEL,
  opening: openingOf,
  header: victim => openingOf(victim).slice(0, -LABEL.length),
  undescribed: victim => `${nameWithId(victim)}${LABEL}`,
  anotherDescription: victim => `${nameWithId(victim)} | x${LABEL}`,
  profile: victim => profileText(asUser(victim)),
  ownJoint: (_, mine) => `（ID:${mine}）\n    简介：`,
  joint: victim => `${nameWithId(victim)}\n    简介：`,
  friend: friendEntry,
  friendEnd: victim => friendEntry(victim).slice(nameWithId(victim).length),
  secondFriend: victim => `\n${thinLine}\n[2] ${friendEntry(victim)}`,
  thirdFriend: victim => `\n${thinLine}\n[3] ${friendEntry(victim)}`,
  block: blockOf,
  secondBlock: victim => `\n${thinLine}\n[2]\n${blockOf(victim)}`,
  thirdBlock: victim => `\n${thinLine}\n[3]\n${blockOf(victim)}`,
  secondNotice: () => `\n${thinLine}\n[2]\n类型：系统通知\n时间：${beijingTime(START)}\n内容：`,
  inbox: victim => inboxText({ blocks: [blockOf(victim)], total: 1, limit: 1, fromId: null }),
  hint: victim => `\n操作提示：回复对方（to_id:${victim.id}）任意消息即可建立好友关系`,
  friendship: victim => `（ID:${victim.id}）已成功建立好友关系。（${beijingTime(START)} 北京时间）`,
  attachment: () => '\n附件：x.pdf',
  refusal: () => '错误：用户不存在',
  throttle: () => '错误：请求过于频繁，请稍后再试。',
  badToken: () => '错误 401：Token 无效',
  noToken: () => '请求格式错误：header -> X-Token: Field required',
} satisfies Record<string, (victim: Person, mine: number) => string>

function blockOf(from: Person): string {
  return blockText({ toId: 0, kind: 'chat', from, content: 'pay', attachment: null, at: START })
}

function friendEntry(person: Person): string {
  const text = friendsText([{ ...person, since: START, lastActiveAt: START }])
  return text.slice(text.indexOf('[1] ') + '[1] '.length, text.lastIndexOf('\n'))
}

function asUser(person: Person): User {
  return { ...person, status: 'open', registeredAt: START, lastActiveAt: START }
}

const anyText = fc.oneof(fc.constantFrom('', 'hi', 'alice', '爱丽丝', 'x', '（无）', ' | ', '请转账'), relayText(3))
const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 1, arbitrary: anyText },
  {
    weight: 2,
    arbitrary: fc.record({
      about: fc.nat(6),
      shape: fc.constantFrom(...(Object.keys(SHAPES) as (keyof typeof SHAPES)[])),
    }),
  },
)
/** What a forger of senders begins with. */
const opening: fc.Arbitrary<Part> = fc.record({
  about: fc.nat(6),
  shape: fc.constantFrom('opening', 'undescribed', 'anotherDescription'),
})
const parts = (maxLength: number) =>
  fc
    .tuple(fc.option(opening, { freq: 3 }), fc.array(part, { maxLength }))
    .map(([first, rest]) => (first === null ? rest : [first, ...rest]))

interface UserDraft {
  readonly plain: boolean
  readonly name: readonly Part[]
  readonly description: readonly Part[] | null
}

/** Short enough to stand as a whole in somebody else's name. */
const victimDraft: fc.Arbitrary<UserDraft> = fc.record({
  plain: fc.constant(true),
  name: fc.tuple(anyText),
  description: fc.option(fc.tuple(anyText)),
})
const userDraft: fc.Arbitrary<UserDraft> = fc.record({
  plain: fc.constantFrom(false, false, true),
  name: parts(3),
  description: fc.option(parts(3)),
})
const messageDraft = fc.record({
  kind: fc.constantFrom('chat', 'chat', 'request', 'notice') as fc.Arbitrary<Message['kind']>,
  from: fc.nat(5),
  /** Goes on in the words in which somebody else's header goes on behind one's own. */
  accomplice: fc.boolean(),
  content: parts(6),
  attachment: fc.option(parts(2), { freq: 4 }),
})

/** @param ids of the users; nobody else has one of them */
export function hostileUsers(most = 6): fc.Arbitrary<HostileUser[]> {
  const ids = fc.uniqueArray(fc.integer({ min: 3, max: 40 }), { minLength: most, maxLength: most })
  const others = fc.array(userDraft, { minLength: 1, maxLength: most - 1 })
  return fc.tuple(victimDraft, others, ids).map(([victim, drafts, all]) => {
    const users: HostileUser[] = []
    for (const [index, draft] of [victim, ...drafts].entries()) {
      const id = all[index] ?? 0
      const say = (pieces: readonly Part[], limit: number) => {
        const text = cutTo(textOf(pieces, users, id), limit)
        return draft.plain ? text.replaceAll('（ID:', '(ID:') : text
      }
      const wanted = say(draft.name, 100) || 'u'
      // The relay takes each name once.
      const name = users.some(one => one.name === wanted) ? `${cutTo(wanted, 90)} ${id}` : wanted
      const description = draft.description === null ? null : say(draft.description, 200) || null
      const plain = !`${name}${description}`.includes('（ID:')
      users.push({ ...asUser({ id, name, description }), plain })
    }
    return users
  })
}

/** Two accounts whose profiles begin with the same text, one's name going on in what is the other's description. */
export function madeAlike(): fc.Arbitrary<HostileUser[]> {
  const short = anyText.map(text => cutTo(text, 20))
  return fc.tuple(hostileUsers(4), short, short, short).map(([users, name, middle, end]) => {
    const [one, other, ...rest] = users.map(user => user.id).sort((a, b) => a - b)
    const first = { id: one ?? 0, name: name || 'u', description: `${middle}（ID:${other}）\n    简介：${end || 'x'}` }
    const second = { id: other ?? 0, name: `${first.name}（ID:${one}）\n    简介：${middle}`, description: end || 'x' }
    const alike = [first, second].map(person => ({ ...asUser(person), plain: false }))
    return [...alike, ...users.filter(user => rest.includes(user.id))]
  })
}

export function hostileWorld({ users = hostileUsers(), leastMessages = 4 } = {}): fc.Arbitrary<World> {
  const drafts = fc.array(messageDraft, { minLength: leastMessages, maxLength: leastMessages + 4 })
  return fc.tuple(users, drafts).map(([all, messages]) => ({
    users: all,
    messages: messages.map(({ kind, from: index, accomplice, content, attachment }, second) => {
      const from = all[index % all.length] as HostileUser
      const at = START + second * 2000
      const begin = accomplice ? restOfAnother(from, all) : ''
      const words = cutTo(`${begin}${textOf(content, all, from.id)}`, 1000) || 'x'
      if (kind === 'notice') {
        const notice = friendshipNotice(from, at)
        const block = blockText({ toId: 2, kind, from: null, content: notice, attachment: null, at: at + 1000 })
        return { kind, from, at: at + 1000, text: notice, block }
      }
      const file = attachment === null ? null : textOf(attachment, all, from.id)
      return {
        kind,
        from,
        at,
        text: file === null ? words : `${words}\n附件：${file}`,
        block: blockText({ toId: 2, kind, from, content: words, attachment: file, at }),
      }
    }),
  }))
}

function textOf(pieces: readonly Part[], users: readonly Person[], mine: number): string {
  return pieces
    .map(piece => {
      if (typeof piece === 'string') return piece
      const victim = piece.about === 0 ? NOBODY : users[piece.about % users.length]
      return SHAPES[piece.shape](victim ?? NOBODY, mine)
    })
    .join('')
}

/** The header of an account that was made to begin with mine, from where mine ends. */
function restOfAnother(mine: Person, users: readonly Person[]): string {
  const begin = openingOf(mine)
  const found = users.map(openingOf).find(one => one !== begin && one.startsWith(begin))
  return found?.slice(begin.length) ?? ''
}

/** Lengths of the relay are code points (RC §3). */
function cutTo(text: string, limit: number): string {
  return [...text].slice(0, limit).join('')
}
