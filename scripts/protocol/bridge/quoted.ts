import type { NoticePeer } from './notice.ts'

/** Whom an answer is for that quotes a notice. Whom it told of is known from when it was made, never from its words. */
export type QuotedPeer =
  | { readonly kind: 'one'; readonly peer: string }
  /** It told of several people, or the words fit several notices. */
  | { readonly kind: 'several' }
  | { readonly kind: 'none' }

export interface SentNotice {
  readonly content: string
  readonly peers: readonly NoticePeer[]
}

/** @param words what of it was quoted, if that is known */
export function peerOfQuote({ content, peers }: SentNotice, words: string): QuotedPeer {
  const [first] = peers
  if (first === undefined) return NONE
  if (peers.every(({ peer }) => peer === first.peer)) return one(first.peer)
  const sought = words.trim()
  // The whole of it, of which only the beginning is known, begins like its first message.
  if (sought === '' || (isCut(sought) && content.startsWith(uncut(sought)))) return SEVERAL
  return oneOf(peers.filter(({ from, to }) => content.slice(from, to).includes(sought)).map(({ peer }) => peer))
}

/**
 * For phones that send words, and not which message they are of: all notices that hold them have to mean the same person.
 *
 * @param isElsewhere a message of another kind holds them too: then they say nothing
 */
export function peerOfWords(
  notices: readonly SentNotice[],
  words: string,
  isElsewhere: (words: string, how: 'equal' | 'within') => boolean,
): QuotedPeer {
  const sought = words.trim()
  if (sought === '') return NONE
  const equal = notices.filter(({ content }) => content.trim() === sought)
  if (equal.length > 0) return agreed(equal.map(notice => peerOfQuote(notice, '')))
  if (isElsewhere(sought, 'equal')) return NONE
  const part = isCut(sought) ? uncut(sought) : sought
  const holding = part === '' ? [] : notices.filter(({ content }) => content.includes(part))
  if (holding.length === 0) return NONE
  if (isElsewhere(part, 'within')) return SEVERAL
  return agreed(
    holding.map(notice => {
      // A phone may say how the whole begins.
      const isBeginning = notice.content.startsWith(part)
      return peerOfQuote(notice, isBeginning ? '' : part)
    }),
  )
}

const NONE: QuotedPeer = { kind: 'none' }
const SEVERAL: QuotedPeer = { kind: 'several' }

function one(peer: string): QuotedPeer {
  return { kind: 'one', peer }
}

function oneOf(peers: readonly string[]): QuotedPeer {
  const [only, ...more] = new Set(peers)
  return only !== undefined && more.length === 0 ? one(only) : SEVERAL
}

function agreed(found: readonly QuotedPeer[]): QuotedPeer {
  const peers = found.flatMap(each => (each.kind === 'one' ? each.peer : []))
  return peers.length === found.length ? oneOf(peers) : SEVERAL
}

function isCut(words: string): boolean {
  return /(?:…|\.\.\.)$/.test(words)
}

function uncut(words: string): string {
  return words.replace(/(?:…|\.\.\.)$/, '').trimEnd()
}
