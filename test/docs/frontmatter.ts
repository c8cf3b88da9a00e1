/**
 * Reads the little of YAML that our frontmatter uses, and refuses everything else: what is refused here may be read by
 * one of the programs that load the skill and not by the next one.
 */
export type Yaml = string | boolean | Yaml[] | { [key: string]: Yaml }

export function parseFrontmatter(text: string): { [key: string]: Yaml } {
  const match = /^---\n([\s\S]*?)\n---\n/.exec(text)
  if (match === null) throw new Error('no frontmatter')
  const lines = (match[1] ?? '').split('\n')
  const value = block(lines, 0)
  if (lines.length > 0) throw new Error(`not understood: ${lines[0]}`)
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error('not a mapping')
  return value
}

/** Takes the lines of its own indentation and deeper from the front. */
function block(lines: string[], indent: number): Yaml {
  return lines[0]?.startsWith(`${' '.repeat(indent)}- `) ? list(lines, indent) : mapping(lines, indent)
}

function list(lines: string[], indent: number): Yaml[] {
  const start = `${' '.repeat(indent)}- `
  const items: Yaml[] = []
  while (lines[0]?.startsWith(start)) items.push(scalar((lines.shift() ?? '').slice(start.length)))
  return items
}

function mapping(lines: string[], indent: number): { [key: string]: Yaml } {
  const result: { [key: string]: Yaml } = {}
  const pair = new RegExp(`^ {${indent}}([A-Za-z][\\w-]*):(?: (\\S.*))?$`)
  for (;;) {
    const [, key, value] = pair.exec(lines[0] ?? '') ?? []
    if (key === undefined) return result
    if (key in result) throw new Error(`twice: ${key}`)
    lines.shift()
    result[key] = value === undefined ? block(lines, indent + 2) : scalar(value)
  }
}

function scalar(text: string): Yaml {
  if (/^".*"$/.test(text)) return JSON.parse(text) as string
  if (/^\[.*\]$/.test(text)) return text.slice(1, -1).split(', ').map(plain)
  if (/^\{ .* \}$/.test(text)) {
    const pairs = text.slice(2, -2).split(', ')
    return Object.fromEntries(
      pairs.map(pair => {
        const at = pair.indexOf(': ')
        if (at < 1) throw new Error(`not a pair: ${pair}`)
        return [pair.slice(0, at), plain(pair.slice(at + 2))]
      }),
    )
  }
  return plain(text)
}

/** Unquoted: a colon with a blank, a comment or an indicator would mean something else to somebody. */
function plain(text: string): Yaml {
  if (!/^[A-Za-z0-9]/.test(text) || /: | #|[{}[\]"']/.test(text)) throw new Error(`has to be quoted: ${text}`)
  return text === 'true' || text === 'false' ? text === 'true' : text
}
