/** @import { Clock, Connect, Connection, FileName, LiveMode, LiveState } from './types.d.ts' */

/**
 * Follows the files: `/live` tells of each change. While it is broken everything is asked for every few seconds, and
 * the stream is tried again.
 */

/** @type {readonly FileName[]} */
export const FILE_NAMES = [
  'conversations.md',
  'stats.json',
  'context_snapshot.json',
  'contacts.json',
  'profile.json',
  'sse_channel.log',
  'inbox_pushed.md',
]

export const REFRESH_SECONDS = 5
/** A stream can be dead without a sign; a look at unchanged files costs next to nothing. */
const CHECK_MS = 30_000
const CLOSED = 2

/**
 * @param {object} options
 * @param {Connect} options.connect
 * @param {Clock} options.clock
 * @param {(names: readonly FileName[]) => Promise<boolean>} options.follow reads what changed; false: nobody answered
 * @param {() => void} options.onState
 */
export function createLive({ connect, clock, follow, onState }) {
  /** @type {LiveState} */
  let state = { mode: 'paused', sinceMs: clock.now(), serverDown: false }
  /** @type {Connection | null} */
  let connection = null
  /** @type {(() => void) | undefined} */
  let cancelTick
  let seconds = REFRESH_SECONDS
  /** @type {Set<FileName>} */
  let waiting = new Set()
  /** @type {Promise<void> | null} */
  let work = null

  /**
   * @param {LiveMode} mode
   * @param {boolean} [serverDown]
   */
  function become(mode, serverDown = false) {
    if (state.mode === mode && state.serverDown === serverDown) return
    state = { mode, serverDown, sinceMs: clock.now() }
    onState()
  }

  function open() {
    const mine = connect('/live')
    connection = mine
    /** @param {(data: unknown) => void} act */
    const guarded = act => (/** @type {{ data?: unknown }} */ event) => {
      if (connection !== mine) return
      if (state.mode !== 'live') tick('live')
      act(event.data)
    }
    // What changed while nobody listened is seen by asking for everything, as each opening does.
    mine.addEventListener('open', guarded(() => undefined)) // biome-ignore format: one line an event
    mine.addEventListener('state', guarded(() => undefined)) // biome-ignore format: one line an event
    mine.addEventListener('change', guarded(data => changed(nameIn(data)))) // biome-ignore format: one line an event
    mine.addEventListener('error', () => {
      if (connection === mine && state.mode !== 'polling') tick('polling')
    })
  }

  /** @param {FileName | null} name */
  function changed(name) {
    if (name !== null) void read([name])
  }

  /**
   * Everything is asked for, now and again later.
   *
   * @param {LiveMode} mode
   */
  function tick(mode) {
    if (mode === 'live') become('live')
    else if (state.mode !== 'polling') become(mode)
    cancelTick?.()
    cancelTick = clock.after(mode === 'live' ? CHECK_MS : seconds * 1000, () => {
      if (connection?.readyState === CLOSED) {
        connection.close()
        open()
      }
      tick(mode)
    })
    void read(FILE_NAMES)
  }

  /**
   * @param {readonly FileName[]} names
   * @returns {Promise<void>}
   */
  function read(names) {
    for (const name of names) waiting.add(name)
    work ??= drain().finally(() => {
      work = null
    })
    return work
  }

  async function drain() {
    while (waiting.size > 0) {
      const names = [...waiting]
      waiting = new Set()
      const answered = await follow(names)
      if (state.mode !== 'live') become(state.mode, !answered)
    }
  }

  function stop() {
    connection?.close()
    connection = null
    cancelTick?.()
    cancelTick = undefined
  }

  return {
    get state() {
      return state
    },
    start() {
      if (connection !== null) return
      become('connecting')
      open()
      tick('connecting')
    },
    stop,
    pause() {
      stop()
      become('paused', state.serverDown)
    },
    /** @param {number} value */
    setSeconds(value) {
      if (!(value >= 1)) return
      seconds = value
      if (state.mode === 'polling') tick('polling')
    },
    refresh: () => read(FILE_NAMES),
  }
}

/**
 * @param {unknown} data
 * @returns {FileName | null}
 */
function nameIn(data) {
  if (typeof data !== 'string') return null
  try {
    const name = JSON.parse(data)?.name
    return FILE_NAMES.find(one => one === name) ?? null
  } catch {
    return null
  }
}
