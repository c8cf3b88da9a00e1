import { h, svg } from '../dom.js'
import { t } from '../i18n.js'
import { niceCeiling } from './chart-scale.js'

/** @import { Series } from '../data/types.d.ts' */

const WIDTH = 500
const HEIGHT = 190
const LEFT = 34
const BOTTOM = 22
const TOP = 12

/**
 * Two bars a column. Colour is not the only sign: received stands left, sent right, and the table has the numbers.
 *
 * @param {{ title: string, series: Series, name: (ms: number) => string, every: number }} options
 * @returns {SVGElement}
 */
export function barChart({ title, series, name, every }) {
  const { points } = series
  const most = Math.max(1, ...points.map(point => Math.max(point.received, point.sent)))
  const top = niceCeiling(most)
  const inner = HEIGHT - TOP - BOTTOM
  const step = (WIDTH - LEFT) / Math.max(1, points.length)
  const bar = Math.max(2, Math.min(14, step * 0.38))
  const yOf = (/** @type {number} */ value) => TOP + inner * (1 - value / top)
  const sums = { received: sum(points.map(one => one.received)), sent: sum(points.map(one => one.sent)) }
  return svg(
    'svg',
    {
      class: 'chart',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': t('chartLabel', { title, ...sums, most }),
    },
    ...[0, top / 2, top].map(value =>
      svg(
        'g',
        {},
        svg('line', { class: 'chart-line', x1: LEFT, x2: WIDTH, y1: yOf(value), y2: yOf(value) }),
        Number.isInteger(value) && svg('text', { x: LEFT - 6, y: yOf(value) + 4, 'text-anchor': 'end' }, String(value)),
      ),
    ),
    ...points.flatMap((point, at) => {
      const middle = LEFT + step * (at + 0.5)
      return [
        column('chart-received', middle - bar - 0.5, point.received),
        column('chart-sent', middle + 0.5, point.sent),
        at % every === 0 && svg('text', { x: middle, y: HEIGHT - 6, 'text-anchor': 'middle' }, name(point.fromMs)),
      ]
    }),
  )

  /** @param {string} look @param {number} x @param {number} value */
  function column(look, x, value) {
    if (value === 0) return null
    return svg('rect', { class: look, x, y: yOf(value), width: bar, height: yOf(0) - yOf(value), rx: 2 })
  }
}

/**
 * @param {{ title: string, series: Series, name: (ms: number) => string, column: string }} options
 * @returns {HTMLElement}
 */
export function seriesTable({ title, series, name, column }) {
  const cell = (/** @type {string} */ text) => h('th', { attributes: { scope: 'col' } }, text)
  return h(
    'table',
    { class: 'rows' },
    h('caption', { class: 'visually-hidden' }, title),
    h('thead', null, h('tr', null, cell(column), cell(t('received')), cell(t('sent')))),
    h(
      'tbody',
      null,
      ...series.points.map(point =>
        h(
          'tr',
          null,
          h('th', { attributes: { scope: 'row' } }, name(point.fromMs)),
          h('td', null, String(point.received)),
          h('td', null, String(point.sent)),
        ),
      ),
    ),
  )
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}
