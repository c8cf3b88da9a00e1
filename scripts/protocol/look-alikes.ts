/**
 * What a reader, or a model, takes a character for: `＜`, `‹` and `⟨` all open a tag, and an `і` from another alphabet spells
 * the same word. Used for finding, never for showing.
 */
export function plainForm(character: string): string {
  if (character <= '\x7f') return character.toLowerCase()
  // Full-width forms, ligatures and mathematical letters become ordinary ones, and marks come apart from their letters.
  let plain = ''
  for (const part of character.normalize('NFKD')) {
    if (MARK.test(part)) continue
    const lower = part.toLowerCase()
    plain += LOOKS_LIKE.get(lower) ?? lower
  }
  return plain
}

const MARK = /^\p{M}$/u

const GROUPS: readonly (readonly [looksLike: string, characters: string])[] = [
  ['<', '‹❮❰⟨〈˂ᐸᑉ⦑〱'],
  ['>', '›❯❱⟩〉˃ᐳ⦒〳'],
  ['<<', '«《⟪≪⋘'],
  ['>>', '»》⟫≫⋙'],
  ['|', '¦∣│┃ǀ❘❙❚⎮⏐׀丨︱∥‖'],
  ['[', '【〔〖⟦⁅❲〚'],
  [']', '】〕〗⟧⁆❳〛'],
  ['/', '∕⁄⧸╱'],
  ['_', '▁‗ˍ⸏'],
  ['-', '‐‑‒–—−'],
  [':', 'ː꞉∶'],
  ['a', 'аαɑᴀ'],
  ['b', 'вʙ'],
  ['c', 'сϲᴄ'],
  ['d', 'ԁᴅ'],
  ['e', 'еєεᴇ'],
  ['f', 'ғꜰ'],
  ['g', 'ɡɢ'],
  ['h', 'һнʜ'],
  ['i', 'іıιɪ'],
  ['j', 'јᴊ'],
  ['k', 'кκᴋ'],
  ['l', 'ӏʟ'],
  ['m', 'мᴍ'],
  ['n', 'пոηɴ'],
  ['o', 'оοօᴏ'],
  ['p', 'рρᴘ'],
  ['r', 'гʀ'],
  ['s', 'ѕꜱ'],
  ['t', 'тτᴛ'],
  ['u', 'υսᴜ'],
  ['v', 'ѵνᴠ'],
  ['w', 'ԝᴡ'],
  ['x', 'хχ'],
  ['y', 'уүʏ'],
  ['z', 'ᴢ'],
]

const LOOKS_LIKE: ReadonlyMap<string, string> = new Map(
  GROUPS.flatMap(([looksLike, characters]) => [...characters].map(one => [one, looksLike] as const)),
)
