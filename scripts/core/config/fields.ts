import { z } from 'zod'
import type { Bilingual } from '../i18n.ts'

/** One key of `config.json`: what it may hold, and the words for that in an error. */
export interface Field<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  readonly takes: Bilingual
  /** What lies below it, if it is an object. */
  readonly below?: Below
}

interface Below {
  /** Those that it knows; null: names that users choose. */
  readonly keys: readonly string[] | null
  field(key: string): Field | undefined
}

export type Fields = Readonly<Record<string, Field>>
type SchemasOf<All extends Fields> = { [Key in keyof All]: All[Key]['schema'] }

export function field<Schema extends z.ZodType>(schema: Schema, takes: Bilingual): Field<Schema> {
  return { schema, takes }
}

/** An object with these keys; any other one is refused. */
export function section<All extends Fields>(fields: All): Field<z.ZodObject<SchemasOf<All>, z.core.$strict>> {
  const keys = Object.keys(fields)
  const known = keys.join(', ')
  return {
    schema: z.strictObject(schemasOf(fields)),
    takes: { en: `an object with ${known}`, zh: `包含 ${known} 的对象` },
    below: { keys, field: key => fields[key] },
  }
}

/** An object whose keys are names that users choose. */
export function named<Schema extends z.ZodType>(
  pattern: RegExp,
  one: Field<Schema>,
): Field<z.ZodRecord<z.ZodString, Schema>> {
  return {
    schema: z.record(z.string().regex(pattern), one.schema),
    takes: { en: 'an object: { "name": { … } }', zh: '一个对象：{ "名称": { … } }' },
    below: { keys: null, field: () => one },
  }
}

/** Left out, or null. */
export function optional<Schema extends z.ZodType>(one: Field<Schema>): Field<z.ZodOptional<z.ZodNullable<Schema>>> {
  return { ...one, schema: one.schema.nullish() }
}

export function schemasOf<All extends Fields>(fields: All): SchemasOf<All> {
  return Object.fromEntries(Object.entries(fields).map(([key, { schema }]) => [key, schema])) as SchemasOf<All>
}

/** Each violation once, with its path. Values are never repeated: some of them are secrets. */
export function violationsOf(issues: readonly z.core.$ZodIssue[], fields: Fields, value: unknown): Bilingual[] {
  const found = issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => notKnown(issue.path, key, fields))
      : [violation(issue, fields, value)],
  )
  return [...new Map(found.map(one => [one.en, one])).values()]
}

function violation(issue: z.core.$ZodIssue, fields: Fields, value: unknown): Bilingual {
  const { path, one } = locate(issue.path, fields)
  if (issue.code === 'invalid_key') return badName(path)
  const takes = one?.takes ?? { en: 'something else', zh: '其他内容' }
  return valueAt(value, path) === undefined ? missing(path, takes) : wrongValue(path, takes)
}

export function wrongValue(path: readonly string[], takes: Bilingual): Bilingual {
  return {
    en: `${shownPath(path)} has a wrong value; it takes ${takes.en}`,
    zh: `${shownPath(path)} 的值不正确；应为${takes.zh}`,
  }
}

export function missing(path: readonly string[], takes: Bilingual): Bilingual {
  return {
    en: `${shownPath(path)} is missing; it takes ${takes.en}`,
    zh: `${shownPath(path)} 缺失；应为${takes.zh}`,
  }
}

function badName(path: readonly string[]): Bilingual {
  return {
    en: `${shownPath(path)} can not be a name (a name is 1 to 40 of a-z, 0-9 and "-")`,
    zh: `${shownPath(path)} 不能作为名称（名称由 a-z、0-9 和 "-" 组成，1 到 40 个字符）`,
  }
}

function notKnown(parents: readonly PropertyKey[], key: string, fields: Fields): Bilingual {
  const { path, one } = locate(parents, fields)
  const near = nearestOf(key, one?.below?.keys ?? [])
  return {
    en: `${shownPath([...path, key])} is not known${near === null ? '' : ` (did you mean "${near}"?)`}`,
    zh: `${shownPath([...path, key])} 是未知字段${near === null ? '' : `（是否想写 "${near}"？）`}`,
  }
}

/** As deep as there are words for it: of a list the list, not its third member. */
function locate(whole: readonly PropertyKey[], fields: Fields): { path: string[]; one: Field | undefined } {
  const path: string[] = []
  let below: Below | undefined = { keys: null, field: key => fields[key] }
  let one: Field | undefined
  for (const key of whole.map(String)) {
    const next: Field | undefined = below?.field(key)
    if (next === undefined) break
    path.push(key)
    one = next
    below = next.below
  }
  return { path, one }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (within: unknown, key) => (typeof within === 'object' && within !== null ? Reflect.get(within, key) : undefined),
    value,
  )
}

/** A key is whatever somebody typed. */
function shownPath(path: readonly string[]): string {
  return path.map(key => (/^[\w-]{1,40}$/.test(key) ? key : JSON.stringify(key.slice(0, LONGEST_WORD)))).join('.')
}

/** What somebody most likely meant by a word that is not known; null when nothing comes near. */
export function nearestOf(word: string, known: readonly string[]): string | null {
  const typed = word.slice(0, LONGEST_WORD)
  const [nearest] = known
    .map(one => ({ one, distance: editDistance(typed, one) }))
    .sort((a, b) => a.distance - b.distance)
  return nearest !== undefined && nearest.distance <= 3 ? nearest.one : null
}

/** More of it is neither compared nor shown. */
export const LONGEST_WORD = 40

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
