/** Each of these runs in the page, so it has to stand alone. */

/** @param {Element} scroller */
export function placeOf(scroller) {
  return { top: scroller.scrollTop, height: scroller.scrollHeight }
}

/**
 * @param {Element} scroller
 * @param {number} top
 */
export function scrollTo(scroller, top) {
  scroller.scrollTo(0, top)
}
