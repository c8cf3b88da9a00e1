/** Each of these runs in the page, so it has to stand alone. */

/**
 * @param {{ selector: string, opener: string }} options
 */
export function observe({ selector, opener }) {
  /** @type {{ shown: Record<number, number>, first: number | null, longTasks: { at: number, ms: number }[] }} */
  const seen = { shown: {}, first: null, longTasks: [] }
  Reflect.set(window, 'seen', seen)
  new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ at: startTime, ms: duration })
  }).observe({ type: 'longtask', buffered: true })

  let opened = false
  function look() {
    const first = document.querySelector(opener)
    if (!opened && first instanceof HTMLElement) {
      opened = true
      requestAnimationFrame(() => first.click())
    }
    const text = document.querySelector(selector)?.textContent ?? ''
    const fresh = [...text.slice(-8000).matchAll(/no\. (\d+)/g)]
      .map(found => Number(found[1]))
      .filter(n => !(n in seen.shown))
    if (fresh.length === 0) return
    // A task that a frame's callback asks for runs when that frame was drawn.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        const at = performance.now()
        seen.first ??= at
        for (const n of fresh) seen.shown[n] ??= at
      }
      port2.postMessage(null)
    })
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true })
}

/** @returns {import('./observe.d.ts').Seen} */
export function seen() {
  return Reflect.get(window, 'seen')
}

/**
 * @param {string} selector
 * @returns {Promise<number>}
 */
export function oldestNumber(selector) {
  return new Promise(resolve => {
    requestAnimationFrame(() => {
      const text = document.querySelector(selector)?.textContent ?? ''
      resolve(Math.min(...[...text.matchAll(/no\. (\d+)/g)].map(found => Number(found[1]))))
    })
  })
}
