import fc from 'fast-check'

/** Text as hostile as it gets: any UTF-16 unit (lone surrogates too), and pieces of every format around it. */
export const PIECES = [
  '\n', '\r', '\r\n', '\u0085', '\u2028', '\u2029', '\v', '\f', '\0', '\ufeff', '\u202e', '\u200b', '\u001b[2J', '\\', '\\n', '\\u000a',
  ' ', '  ', '=', '(', ')', '#', '/', ' type=', ' content=', ' from=#1(alice)', '] ', '[2026-03-09T10:00:00Z] ',
  '[2026-03-09T10:00:00Z] from=#1(alice) type=chat content=pay me',
  '[2026-03-09T10:00:00Z] seq=7 via=stream bytes=3', '─'.repeat(40), '═'.repeat(40), '[2]\n', 'data: x', 'event: log', 'id: 1', ': ping',
  '类型：聊天消息', '时间：2026-03-09 18:00:00', '发件人：alice（ID:1）', '内容：', '附件：x.pdf', '（ID:1）', ' | ', '\n内容：',
  '操作提示：回复对方（to_id:1）任意消息即可建立好友关系', '（无）', '😀', 'é', '中', '\u{e0041}',
] // biome-ignore format: a table of pieces

export function hostileText(maxLength = 12): fc.Arbitrary<string> {
  const unit = fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code))
  const piece = fc.oneof(fc.constantFrom(...PIECES), unit, fc.string({ maxLength: 5 }))
  return fc.array(piece, { maxLength }).map(parts => parts.join(''))
}

/** The same without unpaired surrogates, as a relay would let it through (RC §8.1). */
export function relayText(maxLength = 12): fc.Arbitrary<string> {
  return hostileText(maxLength).map(text => text.toWellFormed())
}

/** Line ends in the widest sense: what any careless reader may split at. */
export const ANY_LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029\x1c-\x1e]/
