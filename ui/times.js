import { locale, t } from './i18n.js'

/** Times in the viewer's own zone. The exact one, with its zone, stands beside each as its title. */

const DAY_MS = 86_400_000

/** Making a formatter costs far more than using it. @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map()

/**
 * @param {string} name
 * @param {Intl.DateTimeFormatOptions} options
 * @param {Date} date
 */
function format(name, options, date) {
  const key = `${locale()} ${name}`
  let found = formats.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale(), options)
    formats.set(key, found)
  }
  return found.format(date)
}

/**
 * @param {string | null | undefined} utc
 * @returns {Date | null}
 */
export function dateOf(utc) {
  const date = new Date(utc ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? null : date
}

/** @param {Date} date */
export function clockTime(date) {
  return format('clock', { hour: '2-digit', minute: '2-digit', hour12: false }, date)
}

/** @param {Date} date */
export function exactTime(date) {
  return format(
    'exact',
    {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hour12: false,
      timeZoneName: 'short',
    },
    date,
  )
}

/**
 * The day in the viewer's zone, for telling days apart: `2026-03-09`.
 *
 * @param {Date} date
 */
export function dayKey(date) {
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`
}

/**
 * @param {Date} date
 * @param {number} now
 */
export function dayName(date, now) {
  const today = new Date(now)
  if (dayKey(date) === dayKey(today)) return t('today')
  if (dayKey(date) === dayKey(new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1))) {
    return t('yesterday')
  }
  const age = now - date.getTime()
  if (age > 0 && age < 6 * DAY_MS) return format('weekday', { weekday: 'long' }, date)
  if (date.getFullYear() === today.getFullYear()) {
    return format('day', { month: 'long', day: 'numeric', weekday: 'short' }, date)
  }
  return format('date', { year: 'numeric', month: 'long', day: 'numeric' }, date)
}

/**
 * For the conversation list: the hour today, the day before that.
 *
 * @param {Date} date
 * @param {number} now
 */
export function shortTime(date, now) {
  const today = new Date(now)
  if (dayKey(date) === dayKey(today)) return clockTime(date)
  if (dayKey(date) === dayKey(new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1))) {
    return t('yesterday')
  }
  const age = now - date.getTime()
  if (age > 0 && age < 6 * DAY_MS) return format('shortWeekday', { weekday: 'short' }, date)
  if (date.getFullYear() === today.getFullYear()) return format('shortDay', { month: 'short', day: 'numeric' }, date)
  return format('shortDate', { year: 'numeric', month: 'numeric', day: 'numeric' }, date)
}

/**
 * @param {Date} date
 * @param {number} now
 */
export function ago(date, now) {
  const minutes = Math.floor((now - date.getTime()) / 60_000)
  if (minutes < 1) return t('justNow')
  if (minutes < 60) return t('minutesAgo', { n: minutes })
  if (minutes < 48 * 60) return t('hoursAgo', { n: Math.floor(minutes / 60) })
  return t('daysAgo', { n: Math.floor(minutes / 1440) })
}

/**
 * @param {Date} date
 * @param {string} shown
 * @returns {HTMLTimeElement}
 */
export function timeElement(date, shown) {
  const element = document.createElement('time')
  element.dateTime = date.toISOString()
  element.title = exactTime(date)
  element.textContent = shown
  return element
}
