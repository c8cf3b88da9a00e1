/**
 * Values from outside. A check gives a value or problems; all problems of a request are reported at once, in the order
 * of RC §5: header, path, query, body.
 */

import { type Status, statuses } from './messages.ts'
import { InvalidRequest, type Problem } from './replies.ts'

export type Checked<T> = { readonly value: T } | { readonly problems: readonly Problem[] }
type Location = Problem['location']

export function valid<T>(value: T): Checked<T> {
  return { value }
}

export function invalid(location: Location, message: string): { readonly problems: readonly Problem[] } {
  return { problems: [{ location, message }] }
}

export function combine<T extends object>(parts: { [K in keyof T]: Checked<T[K]> }): Checked<T> {
  const problems: Problem[] = []
  const values: Partial<T> = {}
  for (const key of Object.keys(parts) as (keyof T)[]) {
    const part = parts[key]
    if ('problems' in part) problems.push(...part.problems)
    else values[key] = part.value
  }
  // Without a problem every key has got its value.
  return problems.length > 0 ? { problems } : { value: values as T }
}

export function insist<T extends object>(parts: { [K in keyof T]: Checked<T[K]> }): T {
  const checked = combine(parts)
  if ('problems' in checked) throw new InvalidRequest(checked.problems)
  return checked.value
}

interface IntegerRange {
  readonly min?: number
  readonly max?: number
}

function inRange(value: number, location: Location, { min, max }: IntegerRange): Checked<number> {
  if (min !== undefined && value < min) return invalid(location, `Input should be greater than or equal to ${min}`)
  if (max !== undefined && value > max) return invalid(location, `Input should be less than or equal to ${max}`)
  return valid(value)
}

export function integerText(given: string, location: Location, range: IntegerRange = {}): Checked<number> {
  if (!/^[+-]?\d+$/.test(given.trim())) {
    return invalid(location, 'Input should be a valid integer, unable to parse string as an integer')
  }
  return inRange(Number(given), location, range)
}

/** RC §3: `"to_id":"2"` is accepted. */
export function integer(given: unknown, location: Location): Checked<number> {
  if (given === undefined) return invalid(location, 'Field required')
  if (typeof given === 'string') return integerText(given, location)
  if (typeof given === 'boolean') return valid(Number(given))
  if (typeof given !== 'number') return invalid(location, 'Input should be a valid integer')
  if (!Number.isInteger(given)) {
    return invalid(location, 'Input should be a valid integer, got a number with a fractional part')
  }
  return valid(given)
}

function characters(count: number): string {
  return `${count} character${count === 1 ? '' : 's'}`
}

/** RC §3: "Lengths are **code points**." */
export function codePoints(value: string): number {
  let count = 0
  for (const _ of value) count += 1
  return count
}

export function string(given: unknown, location: Location, { min = 0, max }: { min?: number; max: number }) {
  if (given === undefined) return invalid(location, 'Field required')
  if (typeof given !== 'string') return invalid(location, 'Input should be a valid string')
  if (!given.isWellFormed()) {
    return invalid(location, 'Input should be a valid string, unable to parse raw data as a unicode string')
  }
  const length = codePoints(given)
  if (length < min) return invalid(location, `String should have at least ${characters(min)}`)
  if (length > max) return invalid(location, `String should have at most ${characters(max)}`)
  return valid(given)
}

export function status(given: unknown, location: Location): Checked<Status> {
  if (given === undefined) return invalid(location, 'Field required')
  const known = statuses.find(candidate => candidate === given)
  if (known !== undefined) return valid(known)
  return invalid(location, "Input should be 'open', 'friends_only' or 'do_not_disturb'")
}
