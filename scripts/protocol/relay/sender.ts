import { codePoints, descriptionFor, LONGEST_DESCRIPTION, LONGEST_NAME, NO_DESCRIPTION } from './profile.ts'

/**
 * Who sent a chat or friend request (RC §8.3.4). A name may imitate another user's whole header (803, 812), so where
 * more than one reading is possible the immutable profiles decide, and the longest header that fits is the sender's.
 */
export type SenderResult =
  | {
      readonly kind: 'known'
      readonly id: number
      readonly name: string
      readonly content: string
      /** The user whose header this sender's name repeats. */
      readonly imitates: number | null
    }
  | { readonly kind: 'needs_profiles'; readonly ids: readonly number[] }
  | { readonly kind: 'unverified' }

/** The head of a profile (`Profile.head`), null when the relay says there is no such user, undefined when unknown. */
export type ProfileLookup = (id: number) => string | null | undefined

export interface Statement {
  /** The text behind `发件人：`. */
  readonly statement: string
  /** The id in a friend request's last line, which the relay wrote. */
  readonly senderId: number | null
  /** The text was cut at its end. */
  readonly partial: boolean
}

const CONTENT = '\n内容：'
const ID_MARK = /（ID:(\d{1,15})）(?=( \| )|\n内容：)/g
/** RC §4.2: a header without a name, said to be used when the sender's row is gone; not seen. */
const NAMELESS = /^ID:\d+\n内容：/

/** A cut text shows every candidate only if it reaches past the longest header: name, mark, description, label. */
const HEADER_LIMIT = LONGEST_NAME + '（ID:）'.length + 15 + ' | '.length + LONGEST_DESCRIPTION + CONTENT.length

interface Candidate {
  readonly id: number
  readonly at: number
  /** Offset behind the mark. */
  readonly next: number
  readonly described: boolean
}

export function resolveSender(input: Statement, profileOf: ProfileLookup): SenderResult {
  const { statement, senderId, partial } = input
  const candidates = findCandidates(statement).filter(one => senderId === null || one.id === senderId)
  const [first] = candidates
  if (first === undefined) return { kind: 'unverified' }
  if (partial && senderId === null && codePoints(statement) < HEADER_LIMIT) return { kind: 'unverified' }

  if (candidates.length === 1 && !NAMELESS.test(statement)) {
    const direct = readDirectly(statement, first)
    if (direct !== null) return direct
  }
  return resolveByProfiles(statement, candidates, profileOf)
}

function findCandidates(statement: string): Candidate[] {
  const found: Candidate[] = []
  for (const match of statement.matchAll(ID_MARK)) {
    if (codePoints(statement.slice(0, match.index)) > LONGEST_NAME) break
    found.push({
      id: Number(match[1]),
      at: match.index,
      next: match.index + match[0].length,
      described: match[2] !== undefined,
    })
  }
  return found
}

/** One candidate is the true one. Its text needs a profile only when a description may hide the end of the header. */
function readDirectly(statement: string, { id, at, next, described }: Candidate): SenderResult | null {
  const content = statement.indexOf(CONTENT, next)
  if (content === -1) return { kind: 'unverified' }
  if (described && statement.indexOf(CONTENT, content + 1) !== -1) return null
  return {
    kind: 'known',
    id,
    name: statement.slice(0, at),
    content: statement.slice(content + CONTENT.length),
    imitates: null,
  }
}

function resolveByProfiles(statement: string, candidates: Candidate[], profileOf: ProfileLookup): SenderResult {
  const ids = [...new Set(candidates.map(one => one.id))]
  const missing = ids.filter(id => profileOf(id) === undefined)
  // One profile that can not be read might be the longest match: nothing is decided without it.
  if (missing.length > 0) return { kind: 'needs_profiles', ids: missing }

  const valid = candidates
    .flatMap(candidate => {
      const { id, at } = candidate
      const name = statement.slice(0, at)
      const head = profileOf(id)
      if (head === null || head === undefined) return []
      return possibleHeaders(head, id, name)
        .filter(header => statement.startsWith(header))
        .map(header => ({ id, name, header }))
    })
    .sort((a, b) => b.header.length - a.header.length)

  const [longest] = valid
  if (longest === undefined) return { kind: 'unverified' }
  return {
    kind: 'known',
    id: longest.id,
    name: longest.name,
    content: statement.slice(longest.header.length),
    imitates: valid.find(one => one.id !== longest.id)?.id ?? null,
  }
}

/** How a message of this user would begin, up to and with `\n内容：`. A shown `（无）` is read both ways. */
function possibleHeaders(head: string, id: number, name: string): string[] {
  const description = descriptionFor(head, id, name)
  if (description === undefined) return []
  const mark = `${name}（ID:${id}）`
  if (description !== null) return [`${mark} | ${description}${CONTENT}`]
  return [`${mark}${CONTENT}`, `${mark} | ${NO_DESCRIPTION}${CONTENT}`]
}
