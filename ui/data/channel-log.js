/** @import { ChannelLine } from './types.d.ts' */
import { parsePairs } from './records.js'
import { unescapeText } from './visible-escape.js'

const LINE =
  /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\] (?:\[server\] ?(.*)|([A-Z][A-Z0-9_]*)((?: [a-z][a-z0-9_]*=[^ ]*)*))$/s

/**
 * One line of sse_channel.log. The relay's own words and lines of other hands are kept apart from events: nothing that
 * they say is one.
 *
 * @param {string} line without its LF
 * @param {string} key
 * @returns {ChannelLine}
 */
export function parseChannelLine(line, key) {
  const match = LINE.exec(line)
  const [, at = null, server, event, pairs = ''] = match ?? []
  const time = at === null ? Number.NaN : Date.parse(at)
  const atMs = Number.isNaN(time) ? null : time
  if (server !== undefined) return { key, at, atMs, event: 'server', fields: {}, text: unescapeText(server) }
  if (event === undefined) return { key, at: null, atMs: null, event: 'note', fields: {}, text: line }
  return { key, at, atMs, event, fields: parsePairs(pairs), text: '' }
}
