import { beijingToUtc, TS } from './time.ts'

/**
 * A profile from `GET /users/{id}` (RC §4.4). Name and description never change, and may hold any characters, so the
 * text in front of the relay's last three lines is kept as one piece: `head`. Where the name ends in it follows only
 * from what else is known of that user.
 */
export interface Profile {
  readonly id: number
  /** `NAME（ID:id）\n    简介：DESC`; immutable, so it may be cached for ever. */
  readonly head: string
  readonly status: RelayStatus
  readonly registeredAt: string
  readonly lastSeenAt: string
}

export type RelayStatus = 'open' | 'friends_only' | 'do_not_disturb'

const LABELS: Readonly<Record<string, RelayStatus>> = {
  可交流: 'open',
  仅好友: 'friends_only',
  免打扰: 'do_not_disturb',
}

const TAIL = new RegExp(String.raw`\n    状态：(可交流|仅好友|免打扰)\n    注册时间：(${TS})\n    最后活跃：(${TS})$`)

/** Longest name and description a relay accepts, in code points (RC §3). */
export const LONGEST_NAME = 100
export const LONGEST_DESCRIPTION = 200
/** Heads are kept for ever. A later relay may accept more than this one does, but not without end. */
export const LONGEST_HEAD = 4096

function joint(id: number): string {
  return `（ID:${id}）\n    简介：`
}

/** True for every profile, whatever its name; no other text of a relay ends like one. */
export function endsLikeProfile(text: string): boolean {
  return TAIL.test(text)
}

/** Returns null when the text is no profile of that id. */
export function parseProfile(text: string, id: number): Profile | null {
  const tail = TAIL.exec(text)
  if (tail === null) return null
  const [, label = '', registered = '', seen = ''] = tail
  const status = LABELS[label]
  const registeredAt = beijingToUtc(registered)
  const lastSeenAt = beijingToUtc(seen)
  const head = text.slice(0, tail.index)
  if (status === undefined || registeredAt === null || lastSeenAt === null) return null
  if (head.length > LONGEST_HEAD || !head.includes(joint(id))) return null
  return { id, head, status, registeredAt, lastSeenAt }
}

/** The description if the name is exactly `name`; `null` for "none shown"; undefined when the name does not fit. */
export function descriptionFor(head: string, id: number, name: string): string | null | undefined {
  const prefix = `${name}${joint(id)}`
  if (!head.startsWith(prefix)) return undefined
  const description = head.slice(prefix.length)
  return description === NO_DESCRIPTION ? null : description
}

/** Shown for a missing description, and by a user whose description is literally this. */
export const NO_DESCRIPTION = '（无）'

/** Name and description where only one cut is possible, null when a hostile name allows several. */
export function splitProfile(head: string, id: number): { name: string; description: string | null } | null {
  const separator = joint(id)
  const found: { name: string; description: string | null }[] = []
  for (let at = head.indexOf(separator); at !== -1; at = head.indexOf(separator, at + 1)) {
    const name = head.slice(0, at)
    const description = head.slice(at + separator.length)
    if (codePoints(name) > LONGEST_NAME || codePoints(description) > LONGEST_DESCRIPTION) continue
    found.push({ name, description: description === NO_DESCRIPTION ? null : description })
  }
  return found.length === 1 ? (found[0] ?? null) : null
}

/** Lengths of the relay are code points (RC §3). */
export function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
