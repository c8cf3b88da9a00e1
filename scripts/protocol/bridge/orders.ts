/** What somebody on WeChat asks of the bridge, by how the message begins. */
export type Order =
  | { readonly kind: 'help' }
  | { readonly kind: 'friends' }
  /** '': to the agent again. */
  | { readonly kind: 'to'; readonly who: string }
  /** To whoever is named first. */
  | { readonly kind: 'at'; readonly text: string }
  | { readonly kind: 'unknown'; readonly word: string }
  /** Nothing. */
  | { readonly kind: 'plain' }

/** A word of letters alone: `/usr/bin` is a path. Phones write the full-width signs. */
const SLASH = /^[/／](\p{L}+)(?:\s+(.*))?$/su
const AT = /^[@＠]/

export function readOrder(message: string): Order {
  const text = message.trim()
  if (AT.test(text)) return { kind: 'at', text: text.slice(1).trimStart() }
  const [, typed, rest = ''] = SLASH.exec(text) ?? []
  if (typed === undefined) return { kind: 'plain' }
  const word = typed.normalize('NFKC').toLowerCase()
  switch (word) {
    case 'help':
    case 'friends':
      return { kind: word }
    case 'to':
      return { kind: 'to', who: rest.replace(AT, '').trim() }
    default:
      return { kind: 'unknown', word }
  }
}
