import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/child.ts'

/** The texts of the project, as people and agents read them. */

const REFERENCES = readdirSync(join(ROOT, 'references')).map(name => `references/${name}`)

/** What an agent reads. */
export const AGENT_TEXTS = ['SKILL.md', ...REFERENCES]

export const ALL_TEXTS = [
  ...AGENT_TEXTS,
  'README.md',
  'README.zh.md',
  'SERVER.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'bench/README.md',
]

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** One line, however it was wrapped and quoted: what a rule says must not depend on that. */
export function prose(text: string): string {
  return text
    .replace(/^>\s?/gm, '')
    .replace(/\*\*/g, '')
    .replace(/([\u3000-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])/g, '$1')
    .replace(/\s+/g, ' ')
}

/** What stands below a heading, up to the next one of its level or above. */
export function section(path: string, heading: string): string {
  const lines = read(path).split('\n')
  const start = lines.findIndex(line => /^#+ /.test(line) && line.replace(/^#+ /, '').startsWith(heading))
  if (start === -1) throw new Error(`${path} has no section ${heading}`)
  const level = lines[start]?.indexOf(' ') ?? 0
  const length = lines.slice(start + 1).findIndex(line => /^#+ /.test(line) && line.indexOf(' ') <= level)
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n')
}

export interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function tables(text: string): Table[] {
  const blocks = text.match(/(?:^\|.*\|\n)+/gm) ?? []
  return blocks.map(block => {
    const [header = [], , ...rows] = block.trimEnd().split('\n').map(cells)
    return { header, rows }
  })
}

/** A bar within code does not end a cell where it is escaped. */
function cells(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim())
}

/** Code in a line and code in fences, one string a span or line. */
export function codes(text: string): string[] {
  const fenced = [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```$/gm)].flatMap(match => (match[1] ?? '').split('\n'))
  const inline = [...text.replace(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(match => match[1] ?? '')
  return [...fenced, ...inline].map(code => code.trim()).filter(code => code !== '')
}
