/** @import { Fetch } from './types.d.ts' */
/** @import { Fields } from './json-files.js' */
/** @import { Found } from './problems.js' */
import { parseObject } from './json-files.js'

/** One of the JSON files, asked for as a whole, and only when it has changed. */

/**
 * @param {{ url: string, fetch: Fetch }} options
 */
export function createJsonSource({ url, fetch }) {
  /** @type {Found} */
  let found = 'unread'
  /** @type {Fields | null} */
  let fields = null
  let tag = ''

  return {
    get found() {
      return found
    },
    /** What was in it when it could be read last; null when it is gone. */
    get fields() {
      return fields
    },
    /** Resolves with whether it changed; rejects when nobody answers. */
    async refresh() {
      const before = found
      try {
        const reply = await fetch(url, { headers: tag === '' ? {} : { 'If-None-Match': tag }, cache: 'no-store' })
        if (reply.status === 200) {
          const parsed = parseObject(new TextDecoder().decode(await reply.arrayBuffer()))
          tag = reply.headers.get('etag') ?? ''
          found = parsed === null ? 'unreadable' : 'there'
          fields = parsed ?? fields
          return true
        }
        await reply.body?.cancel()
        if (reply.status === 304) return false
        if (reply.status !== 404) throw new Error(`unusable answer: ${reply.status}`)
        found = 'missing'
        fields = null
        tag = ''
        return before !== 'missing'
      } catch (error) {
        if (found === 'unread') found = 'failed'
        throw error
      }
    },
  }
}
