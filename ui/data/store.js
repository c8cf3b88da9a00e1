/** @import { Conversation, FileName, Item, Part, Store, StoreOptions } from './types.d.ts' */
import { channelState, isDown } from './channel-state.js'
import { systemClock } from './clock.js'
import { conversationsOf, passes } from './conversations.js'
import { seriesOf } from './digest.js'
import { createFiles, PARTS } from './files.js'
import { createHistory, UNANSWERED } from './history.js'
import { readContacts, readProfile, readSnapshot, readStats } from './json-files.js'
import { createLive, FILE_NAMES } from './live.js'
import { createMemory } from './memory.js'
import { createMessages } from './messages.js'
import { problemsOf } from './problems.js'
import { createReadMarks } from './read-marks.js'
import { findQuoted, searchMessages } from './search.js'
import { choose, splitItems } from './sections.js'
import { timelineOf } from './timeline.js'
import { wechatAccounts } from './wechat.js'

const BASE = '/openwechat_im_client/'
/** Behind the end, so much is read by itself for the sake of what is unread. */
const CATCH_UP_BYTES = 2 * 1024 * 1024

/**
 * Everything that the views show, kept in step with the files.
 *
 * @param {StoreOptions} options
 * @returns {Store}
 */
export function createStore({ base = BASE, fetch, connect, storage, clock = systemClock }) {
  const files = createFiles({ base, fetch, onDrop: page => messages.drop(page) })
  const { reader, log } = files
  const messages = createMessages(() => reader)
  const history = createHistory({
    reader,
    messages,
    onChange() {
      takeIn()
      tell('messages')
    },
  })
  const marks = createReadMarks(storage)
  /** The generation that the marks belong to. */
  let marked = -1
  /** The generation in which was looked for what is unread. */
  let caughtUp = -1
  /** The state of the channel that was told last; it also changes by nothing happening. */
  let toldCode = ''
  /** @type {Set<(changed: ReadonlySet<Part>) => void>} */
  const listeners = new Set()
  const { once, ...memory } = createMemory()

  const live = createLive({ connect, clock, follow, onState: () => tell('live') })

  /** @param {...Part} changed */
  function tell(...changed) {
    memory.forget(changed.includes('messages'))
    for (const listener of [...listeners]) listener(new Set(changed))
  }

  /**
   * Reads what has changed. The list is shown before the rest, so each file is told of by itself.
   *
   * @param {readonly FileName[]} names
   */
  async function follow(names) {
    const isRoutine = names.length === FILE_NAMES.length
    if (!isRoutine && names.includes('inbox_pushed.md')) tell('inbox')
    const asked = names.filter(name => name !== 'inbox_pushed.md' || isRoutine || files.found(name) !== 'there')
    const results = await Promise.allSettled(asked.map(refresh))
    beginMarks()
    if (names.includes('conversations.md')) void catchUp()
    if (toldCode !== store.channel.code) {
      toldCode = store.channel.code
      tell('channel')
    }
    return results.length === 0 || results.some(one => one.status === 'fulfilled')
  }

  /** @param {FileName} name */
  async function refresh(name) {
    const before = files.found(name)
    let changed = false
    try {
      changed = await files.refresh(name)
      if (name === 'conversations.md') takeIn()
    } finally {
      if (changed || files.found(name) !== before) tell(PARTS[name])
    }
  }

  /** The reader has read something, or dropped something, or begun anew. */
  function takeIn() {
    messages.update()
    if (reader.state !== 'there' || marked === reader.generation) return
    if (marked !== -1) history.focus(null)
    marked = reader.generation
    marks.follow(reader.inode, messages.run(null).items, reader.end)
  }

  /** Pages were read to look for something. @template T @param {Promise<T>} work */
  async function havingRead(work) {
    const result = await work
    takeIn()
    tell('messages')
    return result
  }

  /** On the first visit, when both are known: what the file shows, and what the agent has not read of it. */
  function beginMarks() {
    const isKnown = reader.state === 'there' || reader.state === 'missing'
    if (marks.isSet || !isKnown || files.snapshot.found === 'unread') return
    marks.begin(messages.run(null).items, store.snapshot?.unread ?? 0)
    tell('read')
  }

  /** What came since the last visit may be more than the first page: it is counted too. */
  async function catchUp() {
    if (caughtUp === reader.generation || !marks.isSet || reader.state !== 'there') return
    caughtUp = reader.generation
    await history.readBackTo(Math.max(marks.base, reader.end - CATCH_UP_BYTES))
  }

  /**
   * @template T
   * @param {readonly unknown[]} wish
   * @param {(items: readonly Item[]) => T} make
   * @returns {T}
   */
  function ofLines(wish, make) {
    const place = [reader.generation, reader.pages.length]
    const items = memory.ofLines(JSON.stringify(place), () => history.run().items)
    return memory.ofLines(JSON.stringify([...place, ...wish]), () => make(items))
  }

  function timeline() {
    return once('timeline', () => timelineOf(log.pages.flatMap(page => (page.lines ?? []).map(line => line.value))))
  }

  /** @returns {readonly Conversation[]} */
  function allConversations() {
    return once('conversations', () =>
      conversationsOf({
        digests: messages.digests(),
        contacts: store.contacts,
        // Until it is known what was read, nothing is new.
        readUpTo: key => (marks.isSet ? marks.readUpTo(key) : Number.POSITIVE_INFINITY),
      }),
    )
  }

  const store = /** @type {Store} */ ({
    start: () => live.start(),
    stop: () => live.stop(),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    get loading() {
      return reader.state === 'unread'
    },
    get live() {
      return live.state
    },
    get profile() {
      return readProfile(files.profile.fields)
    },
    get contacts() {
      return once('contacts', () => readContacts(files.contacts.fields))
    },
    get stats() {
      return once('stats', () => readStats(files.stats.fields))
    },
    get snapshot() {
      return once('snapshot', () => readSnapshot(files.snapshot.fields))
    },
    get channel() {
      return channelState({ log: timeline().log, stats: store.stats, snapshot: store.snapshot, now: clock.now() })
    },
    get wechat() {
      return wechatAccounts(store.stats, { isDaemonDown: isDown(store.channel), now: clock.now() })
    },
    get timeline() {
      return timeline().entries
    },
    async olderTimeline() {
      const changed = await log.older().catch(UNANSWERED)
      tell('channel')
      return changed
    },
    get problems() {
      return problemsOf({
        live: live.state,
        files: new Map(FILE_NAMES.map(name => [name, files.found(name)])),
        channel: store.channel,
        wechat: store.wechat,
        stats: store.stats,
        snapshot: store.snapshot,
        faults: timeline().faults,
        hasLines: reader.end > 0,
      })
    },
    conversations: (filter = {}) => allConversations().filter(one => passes(one, filter)),
    conversation: key => allConversations().find(one => one.key === key) ?? null,
    sections: (split, options = {}) =>
      ofLines(['sections', split, options], items =>
        splitItems(choose(items, { ...options, order: 'arrival' }), { split, order: options.order }),
      ),
    items: (conversation, options = {}) =>
      ofLines(['items', conversation, options], items =>
        choose(conversation === null ? items : items.filter(item => item.conversation === conversation), options),
      ),
    older: conversation => history.more(conversation, -1),
    newer: conversation => history.more(conversation, 1),
    get atStart() {
      return history.atStart
    },
    get atEnd() {
      return history.atEnd
    },
    reveal: item => history.reveal(item),
    focus(item) {
      if (history.focus(item === null ? null : item.offset)) tell('messages')
    },
    markRead(conversation) {
      const last = messages
        .digests()
        .flatMap(({ last }) =>
          conversation === null ? [...last.values()].map(one => one.offset) : (last.get(conversation)?.offset ?? []),
        )
      const offset = last.reduce((one, other) => Math.max(one, other), -1)
      if (offset === -1) return
      const item = messages.run(null).items.find(one => one.offset === offset)
      if (marks.mark(conversation, { offset, item })) tell('read')
    },
    get unread() {
      return allConversations().reduce((sum, one) => sum + one.unread, 0)
    },
    search: search => havingRead(searchMessages({ reader, messages, search })),
    quoted: item => havingRead(findQuoted({ reader, messages, item })),
    series: unit => seriesOf(messages.digests(), { unit, now: clock.now(), atStart: reader.atStart }),
    setAutoRefresh(on, seconds) {
      if (seconds !== undefined) live.setSeconds(seconds)
      if (on) live.start()
      else live.pause()
    },
    refresh: () => live.refresh(),
  })

  return store
}
