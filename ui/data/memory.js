/** What was made of the data stays the same thing until the data changes: a view sees at once that nothing is to do. */
export function createMemory() {
  /** @type {Map<string, unknown>} */
  const lines = new Map()
  /** @type {Map<string, unknown>} */
  const rest = new Map()

  /**
   * @template T
   * @param {Map<string, unknown>} memory
   * @param {string} key
   * @param {() => T} make
   * @returns {T}
   */
  function once(memory, key, make) {
    if (!memory.has(key)) memory.set(key, make())
    return /** @type {T} */ (memory.get(key))
  }

  return {
    /** @param {boolean} linesToo */
    forget(linesToo) {
      rest.clear()
      if (linesToo) lines.clear()
    },
    /**
     * Until anything changes.
     *
     * @template T
     * @param {string} key
     * @param {() => T} make
     */
    once: (key, make) => once(rest, key, make),
    /**
     * Until a line changes.
     *
     * @template T
     * @param {string} key
     * @param {() => T} make
     */
    ofLines: (key, make) => once(lines, key, make),
  }
}
