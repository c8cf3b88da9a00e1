/**
 * Arrow keys in a list of buttons, of which one is reached by Tab.
 *
 * @param {HTMLElement} list
 * @param {string} selector
 */
export function moveByArrows(list, selector) {
  list.addEventListener('keydown', event => {
    const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(selector)])
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    if (at === -1) return
    const to = target(event.key, at, all.length)
    if (to === null) return
    event.preventDefault()
    all[to]?.focus()
  })
  list.addEventListener('focusin', event => {
    const focused = event.target instanceof Element ? event.target.closest(selector) : null
    if (focused !== null) rove(list, selector, focused)
  })
}

/**
 * @param {HTMLElement} list
 * @param {string} selector
 * @param {Element | null} reachable the first one when null
 */
export function rove(list, selector, reachable) {
  const all = [...list.querySelectorAll(selector)]
  const chosen = reachable ?? all[0]
  for (const one of all) one.setAttribute('tabindex', one === chosen ? '0' : '-1')
}

/** @param {string} key @param {number} at @param {number} count */
function target(key, at, count) {
  switch (key) {
    case 'ArrowDown':
    case 'ArrowRight':
      return Math.min(count - 1, at + 1)
    case 'ArrowUp':
    case 'ArrowLeft':
      return Math.max(0, at - 1)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}
