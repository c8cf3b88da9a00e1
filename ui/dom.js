/**
 * The only way this page makes elements. What strangers wrote comes in as a string child and becomes a text node;
 * there is no way in here to make markup, a handler or a style from a string.
 */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * @typedef {object} Properties
 * @property {string} [class] ours, never taken from data
 * @property {Readonly<Record<string, string | undefined>>} [attributes]
 * @property {Readonly<Record<string, (event: Event) => void>>} [on]
 */

const SVG = 'http://www.w3.org/2000/svg'

/** Attributes that could load or run something. None of them is ever set by this page from a variable. */
const REFUSED = /^(?:on|style$|src|href|xlink|action|formaction|poster|ping|data$)/i

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties | null} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag)
  dress(element, properties)
  add(element, children)
  return element
}

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag))
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, String(value))
  add(element, children)
  return element
}

/**
 * A drawing of `icons.svg`, for the eye only: whoever uses it says the same in words.
 *
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const use = document.createElementNS(SVG, 'use')
  use.setAttribute('href', `icons.svg#${name.replace(/[^a-z-]/g, '')}`)
  return svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' }, use)
}

/**
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren()
  add(element, children)
}

/**
 * Makes these the children, in this order, and leaves alone what is in its place already.
 *
 * @param {Element} element
 * @param {readonly Element[]} children
 */
export function arrange(element, children) {
  const wanted = new Set(children)
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove()
  let at = element.firstElementChild
  for (const child of children) {
    if (child === at) at = at.nextElementSibling
    else element.insertBefore(child, at)
  }
}

/**
 * @param {string} label
 * @param {{ class?: string, icon?: string, hideLabel?: boolean, onClick: () => void }} options
 * @returns {HTMLButtonElement}
 */
export function button(label, options) {
  return h(
    'button',
    {
      class: options.class ?? 'button',
      attributes: { type: 'button', ...(options.hideLabel ? { 'aria-label': label, title: label } : {}) },
      on: { click: options.onClick },
    },
    options.icon !== undefined && icon(options.icon),
    !options.hideLabel && h('span', null, label),
  )
}

/**
 * @param {Element} element
 * @param {Properties | null | undefined} properties
 */
function dress(element, properties) {
  if (properties === null || properties === undefined) return
  if (properties.class !== undefined) element.setAttribute('class', properties.class)
  for (const [name, value] of Object.entries(properties.attributes ?? {})) {
    if (value !== undefined) setAttribute(element, name, value)
  }
  for (const [name, listener] of Object.entries(properties.on ?? {})) element.addEventListener(name, listener)
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
function setAttribute(element, name, value) {
  if (REFUSED.test(name)) throw new TypeError(`The attribute ${name} is not for this function`)
  element.setAttribute(name, value)
}

/**
 * @param {Element} element
 * @param {readonly Child[]} children
 */
function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue
    element.append(child)
  }
}
