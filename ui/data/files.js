/** @import { ChannelLine, Fetch, FileName, FileReader, Part, ReaderPage } from './types.d.ts' */
/** @import { Content } from './items.js' */
/** @import { Found } from './problems.js' */
import { parseChannelLine } from './channel-log.js'
import { createFileReader } from './file-reader.js'
import { parseContent } from './items.js'
import { createJsonSource } from './json-source.js'

const MOST_LOG_LINES = 5000

/** @type {Readonly<Record<FileName, Part>>} */
export const PARTS = {
  'conversations.md': 'messages',
  'contacts.json': 'contacts',
  'profile.json': 'profile',
  'stats.json': 'stats',
  'context_snapshot.json': 'snapshot',
  'sse_channel.log': 'channel',
  'inbox_pushed.md': 'inbox',
}

/**
 * The seven files, each read in its own way.
 *
 * @param {{ base: string, fetch: Fetch, onDrop: (page: ReaderPage<Content>) => void }} options
 */
export function createFiles({ base, fetch, onDrop }) {
  /** @param {FileName} name */
  const json = name => createJsonSource({ url: `${base}${name}`, fetch })
  /** @type {FileReader<Content>} */
  const reader = createFileReader({ url: `${base}conversations.md`, fetch, parse: parseContent, onDrop })
  /** @type {FileReader<ChannelLine>} */
  const log = createFileReader({
    url: `${base}sse_channel.log`,
    fetch,
    parse: (text, offset) => parseChannelLine(text, `l${offset}`),
    mostLines: MOST_LOG_LINES,
  })
  const profile = json('profile.json')
  const contacts = json('contacts.json')
  const stats = json('stats.json')
  const snapshot = json('context_snapshot.json')
  /** @type {Found} */
  let inbox = 'unread'

  /** Only the view of raw files reads it. */
  async function lookForInbox() {
    const reply = await fetch(`${base}inbox_pushed.md`, { method: 'HEAD', headers: {}, cache: 'no-store' })
    const before = inbox
    inbox = reply.status === 404 ? 'missing' : 'there'
    return inbox !== before
  }

  return {
    reader,
    log,
    profile,
    contacts,
    stats,
    snapshot,
    /**
     * @param {FileName} name
     * @returns {Found}
     */
    found(name) {
      switch (name) {
        case 'conversations.md':
          return reader.state
        case 'sse_channel.log':
          return log.state
        case 'profile.json':
          return profile.found
        case 'contacts.json':
          return contacts.found
        case 'stats.json':
          return stats.found
        case 'context_snapshot.json':
          return snapshot.found
        case 'inbox_pushed.md':
          return inbox
      }
    },
    /**
     * Resolves with whether it changed; rejects when nobody answers.
     *
     * @param {FileName} name
     */
    refresh(name) {
      switch (name) {
        case 'conversations.md':
          return reader.refresh()
        case 'sse_channel.log':
          return log.refresh()
        case 'profile.json':
          return profile.refresh()
        case 'contacts.json':
          return contacts.refresh()
        case 'stats.json':
          return stats.refresh()
        case 'context_snapshot.json':
          return snapshot.refresh()
        case 'inbox_pushed.md':
          return lookForInbox()
      }
    },
  }
}
