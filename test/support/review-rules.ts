/**
 * What reviewers of a skill look for by regular expression (OI §6): the audit of OpenClaw and the static rules of its
 * registry. Written so that no rule finds itself: a clone with its tests may be audited as well.
 */
export interface Rule {
  readonly name: string
  readonly severity: 'critical' | 'warning'
  /** Which files it reads. */
  readonly path: RegExp
  finds(text: string): boolean
}

const SOURCE = /\.(?:[cm]?[jt]s|[jt]sx)$/
const MARKDOWN = /\.md$/
const SKILL = /(?:^|\/)SKILL\.md$/
const SETTINGS = /\.(?:json|ya?ml|toml)(?:\.example)?$/
const ANY = /^/

const ENVIRONMENT = /process\s*[.]env/
const SENDING = /\bfetch\s*[(]|\bpost\s*[(]|http[.]request\s*[(]/i

const ENVIRONMENT_WINDOW_LINES = 8

/** The names under which secrets usually stand in the environment. */
const SECRET_VARIABLE = /process\s*[.]env(?:[.]|\[['"])\w*(?:TOKEN|SECRET|KEY|PASSWORD)/

const STARTING = /\b(?:exec|spawn)(?:File)?(?:Sync)?['"]?\]?\s*[(]/

/** A value that looks meant, and is no placeholder. */
const LITERAL_TOKEN =
  /["']?\b(?:token|secret|api_?key|password)["']?\s*[:=]\s*["'](?![^"'\n]*(?:example|replace|your))[^"'\s]{16,}["']/i
const KNOWN_KEY =
  /\b(?:sk-[\w-]{32,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[baprs]-[\w-]{20,}|AIza[\w-]{35})|-----BEGIN [A-Z ]*PRIVATE KEY-----/

function near(text: string, pattern: RegExp, context: RegExp, lines: number): boolean {
  const all = text.split('\n')
  return all.some(
    (line, at) => pattern.test(line) && context.test(all.slice(Math.max(0, at - lines), at + lines + 1).join('\n')),
  )
}

function when(pattern: RegExp): Rule['finds'] {
  return text => pattern.test(text)
}

export const rules: readonly Rule[] = [
  {
    name: 'env-harvesting',
    severity: 'critical',
    path: SOURCE,
    finds: text => near(text, ENVIRONMENT, SENDING, ENVIRONMENT_WINDOW_LINES),
  },
  {
    name: 'env-secret',
    severity: 'critical',
    path: SOURCE,
    finds: text => SECRET_VARIABLE.test(text) && SENDING.test(text),
  },
  {
    name: 'potential-exfiltration',
    severity: 'warning',
    path: SOURCE,
    finds: text => /readFile/.test(text) && SENDING.test(text),
  },
  {
    name: 'dangerous-exec',
    severity: 'critical',
    path: SOURCE,
    finds: text => /child[_]process/.test(text) && STARTING.test(text),
  },
  {
    name: 'dynamic-code-execution',
    severity: 'critical',
    path: SOURCE,
    finds: when(/\beval\s*[(]|new\s+Function\s*[(]/),
  },
  { name: 'obfuscated-code', severity: 'warning', path: SOURCE, finds: when(/(?:\\x[0-9a-f]{2}){6,}/i) },
  {
    name: 'obfuscated-code',
    severity: 'warning',
    path: SOURCE,
    finds: when(/(?:atob|Buffer[.]from)\s*[(]\s*["'`][A-Za-z0-9+/=]{200,}/),
  },
  {
    name: 'suspicious-network',
    severity: 'warning',
    path: SOURCE,
    finds: when(/new\s+WebSocket\s*[(]\s*["']wss?:\/\/[^"']*:\d/),
  },
  {
    name: 'crypto-mining',
    severity: 'critical',
    path: ANY,
    finds: when(/str[a]tum\+(?:tcp|ssl)|coin[h]ive|crypto[n]ight|xm[r]ig/i),
  },
  {
    name: 'literal-secret',
    severity: 'critical',
    path: ANY,
    finds: text => LITERAL_TOKEN.test(text) || KNOWN_KEY.test(text),
  },
  {
    name: 'secret-exfiltration',
    severity: 'critical',
    path: SKILL,
    finds: when(/\b(?:process[.])?env\b.{0,80}\b(?:https?|fetch|curl|wget)\b/i),
  },
  {
    name: 'pipe-to-shell',
    severity: 'critical',
    path: MARKDOWN,
    finds: when(/\b(?:curl|wget)\b[^|\n]*\|\s*(?:sudo\s+)?(?:ba|z)?sh\b/i),
  },
  { name: 'destructive-delete', severity: 'warning', path: MARKDOWN, finds: when(/\brm\s+-(?:rf|fr)\b/i) },
  { name: 'unsafe-permissions', severity: 'warning', path: MARKDOWN, finds: when(/\bchmod\s+(?:-R\s+)?0?777\b/i) },
  {
    name: 'injection-phrase',
    severity: 'warning',
    path: MARKDOWN,
    finds: when(
      /\bignore\s+(?:\w+\s+){0,3}(?:previous|prior|above)\s+(?:\w+\s+)?instructions|\bsystem\s+prompt\s*[:：]/i,
    ),
  },
  {
    name: 'untrusted-install-source',
    severity: 'warning',
    path: SETTINGS,
    finds: when(/https?:\/\/(?:\d{1,3}\.){3}\d|https?:\/\/(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl)\//i),
  },
  {
    name: 'credential-in-argv',
    severity: 'critical',
    path: MARKDOWN,
    finds: when(/\b(?:node|npm|npx)\b[^\n]*\s--(?:token|secret|password|api-?key)[\s=]/i),
  },
  {
    name: 'insecure-tls',
    severity: 'warning',
    path: ANY,
    finds: when(/rejectUnauthorized["']?\s*:\s*false|NODE_TLS_REJECT[_]UNAUTHORIZED/),
  },
  { name: 'always-on', severity: 'critical', path: SKILL, finds: when(/\balways["']?\s*:\s*true\b/) },
]

export interface Finding {
  readonly file: string
  readonly rule: string
  readonly severity: Rule['severity']
}

/** Each rule at most once a file. */
export function review(files: ReadonlyMap<string, string>): Finding[] {
  const findings: Finding[] = []
  for (const [file, text] of files) {
    const found = rules.filter(rule => rule.path.test(file) && rule.finds(text))
    const names = new Set(found.map(rule => rule.name))
    for (const name of names) {
      findings.push({ file, rule: name, severity: found.find(one => one.name === name)?.severity ?? 'critical' })
    }
  }
  return findings
}
