/** JSON as the server writes it: "uint64 ids appear as bare JSON numbers" (IL §1), which JSON.stringify can not write. */

/** Text that is JSON already. */
export interface RawJson {
  readonly rawJson: string
}

export type Wire =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | RawJson
  | readonly Wire[]
  | { readonly [key: string]: Wire }

export function wireJson(value: Wire): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (isList(value)) return `[${value.map(wireJson).join(',')}]`
  if (isRaw(value)) return value.rawJson
  return `{${membersJson(value)}}`
}

/** The members without the braces, for an object that is put together later. */
export function membersJson(fields: { readonly [key: string]: Wire }): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${wireJson(value)}`)
    .join(',')
}

function isList(value: object): value is readonly Wire[] {
  return Array.isArray(value)
}

function isRaw(value: object): value is RawJson {
  return 'rawJson' in value
}
