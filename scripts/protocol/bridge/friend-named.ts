/** Whom `@name text` means. Names may hold blanks, and anybody may take any name: where two fit, nobody is meant. */
export interface Friend {
  readonly id: number
  readonly name: string
}

export type NamedFriend =
  | { readonly kind: 'one'; readonly friend: Friend /** What follows the name. */; readonly rest: string }
  | { readonly kind: 'several'; readonly friends: readonly Friend[] }
  | { readonly kind: 'nobody'; readonly word: string }

/** @param text what stands behind the `@` */
export function friendNamed(text: string, friends: readonly Friend[]): NamedFriend {
  const number = numberAt(text)
  const numbered = number === null ? undefined : friends.find(({ id }) => id === number.id)
  if (number?.isMarked === true) return numbered === undefined ? nobody(text) : found(numbered, text, number.length)
  const { matches, length } = longestNames(text, friends)
  if (number !== null && length <= number.length) {
    // Who calls himself by the number of somebody else gets nothing that was meant for that one.
    const others = matches.filter(friend => friend !== numbered)
    if (others.length > 0) return several(numbered === undefined ? others : [numbered, ...others])
    return numbered === undefined ? nobody(text) : found(numbered, text, number.length)
  }
  const all = numbered === undefined || matches.includes(numbered) ? matches : [numbered, ...matches]
  const [first, ...more] = all
  if (first !== undefined) return more.length > 0 ? several(all) : found(first, text, length)
  return byBeginning(text, friends)
}

/** What separates a name from the text: a blank, the one that WeChat puts behind names too, or a colon or comma. */
const NAME_END = /^(?:$|[\s:：,，])/

function numberAt(text: string): { id: number; length: number; isMarked: boolean } | null {
  const [whole, mark, digits] = /^([#＃]?)(\d{1,15})/.exec(text) ?? []
  if (whole === undefined || !NAME_END.test(text.slice(whole.length))) return null
  return { id: Number(digits), length: whole.length, isMarked: mark !== '' }
}

/** The longest name that the text begins with: exactly, where several differ by their capitals alone. */
function longestNames(text: string, friends: readonly Friend[]): { matches: readonly Friend[]; length: number } {
  const hits = friends.flatMap(friend => {
    const length = lengthOfName(text, friend.name)
    return length === 0 ? [] : { friend, length }
  })
  const length = hits.reduce((longest, hit) => Math.max(longest, hit.length), 0)
  const matches = hits.filter(hit => hit.length === length).map(({ friend }) => friend)
  const exact = matches.filter(({ name }) => text.startsWith(name.trim()))
  return { matches: exact.length > 0 ? exact : matches, length }
}

/** How much of the text is that name; 0: it begins with something else. */
function lengthOfName(text: string, name: string): number {
  const own = name.trim()
  if (own === '') return 0
  const same = folded(own)
  for (const { length } of new Set([own, own.normalize('NFC'), own.normalize('NFD')])) {
    if (folded(text.slice(0, length)) === same && NAME_END.test(text.slice(length))) return length
  }
  return 0
}

function byBeginning(text: string, friends: readonly Friend[]): NamedFriend {
  const [word = ''] = /^\S*/.exec(text) ?? []
  const begins = folded(word)
  const fitting = begins === '' ? [] : friends.filter(({ name }) => folded(name.trim()).startsWith(begins))
  const [first, ...more] = fitting
  if (first === undefined) return nobody(text)
  return more.length > 0 ? several(fitting) : found(first, text, word.length)
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

function found(friend: Friend, text: string, length: number): NamedFriend {
  return { kind: 'one', friend, rest: text.slice(length).replace(/^[:：,，]?\s*/, '') }
}

function several(friends: readonly Friend[]): NamedFriend {
  return { kind: 'several', friends }
}

function nobody(text: string): NamedFriend {
  return { kind: 'nobody', word: /^\S*/.exec(text)?.[0] ?? '' }
}
