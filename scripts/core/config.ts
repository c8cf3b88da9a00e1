import { z } from 'zod'
import { ConfigError } from './errors.ts'
import type { Bilingual } from './i18n.ts'
import { LONGEST_RETENTION_DAYS, RETENTION_DAYS } from './retention.ts'

/** `config.json` (design §4). Everything in it was typed by a person: all that is wrong with it is said at once. */
export interface Config {
  readonly baseUrl: string
  readonly token: string
  readonly myId: string | null
  readonly myName: string
  /** The larger `limit` for relays that throttle to one request per 10 s (RC §11). */
  readonly batchSize: number
  /** Minutes between routine looks into the inbox; 0 = only while the stream is down, as the original skill had it. */
  readonly sweepMinutes: number
  /** Messages older than this are reported, so that the agent asks what to do with them; 0 = never. */
  readonly retentionDays: number
}

export interface ParsedConfig {
  readonly config: Config
  /** For people: unknown keys, risky settings. Nothing in them is secret. */
  readonly warnings: readonly Bilingual[]
}

/** What `config.json.example` holds in the places of the real values. */
export const PLACEHOLDER_URL = 'https://YOUR_RELAY_SERVER:8000'
export const PLACEHOLDER_TOKEN = 'replace_with_token'

const schema = z.object({
  base_url: z.string().refine(isRelayUrl),
  token: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  my_id: z.union([z.string().regex(/^\d{0,15}$/), z.number().int().nonnegative()]).optional(),
  my_name: z.string().max(200).optional(),
  batch_size: z.number().int().min(1).max(500).default(5),
  sweep_minutes: z.number().min(0).max(1440).default(5),
  retention_days: z.number().int().min(0).max(LONGEST_RETENTION_DAYS).default(RETENTION_DAYS),
  lang: z.enum(['en', 'zh']).optional(),
})

/** What each key takes, in the words of the error. */
const EXPECTED: Readonly<Record<keyof z.input<typeof schema>, Bilingual>> = {
  base_url: {
    en: 'the address of your relay, such as "https://relay.example.org:8000" (http or https, no query)',
    zh: '中继服务器地址，例如 "https://relay.example.org:8000"（http 或 https，不带查询参数）',
  },
  token: {
    en: 'the token that the relay showed once at registration',
    zh: '注册时中继服务器只显示一次的 Token',
  },
  my_id: { en: 'your number on the relay, such as 2', zh: '你在中继上的编号，例如 2' },
  my_name: { en: 'your name on the relay, as text', zh: '你在中继上的名称（文本）' },
  batch_size: { en: 'a whole number from 1 to 500', zh: '1 到 500 的整数' },
  sweep_minutes: { en: 'minutes from 0 to 1440', zh: '0 到 1440 的分钟数' },
  retention_days: {
    en: `whole days from 1 to ${LONGEST_RETENTION_DAYS}, or 0 for no reminder`,
    zh: `1 到 ${LONGEST_RETENTION_DAYS} 的整数天数，或 0 表示不提醒`,
  },
  lang: { en: '"en" or "zh"', zh: '"en" 或 "zh"' },
}

/**
 * @throws ConfigError with every violation in one message: path, reason, cure. Values are never repeated: one of them
 *   is a secret.
 */
export function parseConfig(text: string): ParsedConfig {
  const value = parseJson(text)
  const result = schema.safeParse(value)
  if (!result.success) {
    const keys = [...new Set(result.error.issues.map(issue => String(issue.path[0] ?? '')))]
    throw invalid(keys.map(key => violation(key, value)))
  }
  const { data } = result
  const unknown = Object.keys(value).filter(key => !(key in EXPECTED))
  return {
    config: {
      baseUrl: data.base_url.replace(/\/+$/, ''),
      token: data.token,
      myId: data.my_id === undefined || data.my_id === '' ? null : String(data.my_id),
      myName: data.my_name ?? '',
      batchSize: data.batch_size,
      sweepMinutes: data.sweep_minutes,
      retentionDays: data.retention_days,
    },
    warnings: [...unknown.map(unknownKey), ...plainHttpWarning(data.base_url)],
  }
}

/** The placeholders of the example count as "not registered yet". */
export function isRegistered(config: Config): boolean {
  return config.baseUrl !== PLACEHOLDER_URL && config.token !== PLACEHOLDER_TOKEN
}

/** What the daemon and `doctor` say about the file as a whole. */
export const CONFIG_NOTES = {
  missing: {
    en: 'Not registered yet: there is no config.json.',
    zh: '尚未注册：没有 config.json。',
  },
  placeholders: {
    en: 'config.json still holds the placeholders of the example.',
    zh: 'config.json 仍是示例中的占位内容。',
  },
  fillIn: {
    en: 'Register with "register --base-url URL --name NAME". With a token that you have already: copy config.json.example into the data folder as config.json and fill in base_url and token.',
    zh: '用 "register --base-url 地址 --name 名称" 注册。若已有 Token：将 config.json.example 复制到数据目录并命名为 config.json，填写 base_url 和 token。',
  },
  readableByOthers: {
    en: 'config.json can be read by other users of this machine: chmod 600 config.json',
    zh: '本机其他用户可以读取 config.json：请执行 chmod 600 config.json',
  },
} as const satisfies Readonly<Record<string, Bilingual>>

/** Where the identity of this configuration lives: relay and token. Compare with it, never print it. */
export function sameIdentity(a: Config, b: Config): boolean {
  return a.baseUrl === b.baseUrl && a.token === b.token
}

function parseJson(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    // The parser's own message quotes the text around the fault, and that may be the token.
    const offset = /position (\d+)/.exec(String(error))?.[1]
    const line = offset === undefined ? 0 : text.slice(0, Number(offset)).split('\n').length
    const where = line === 0 ? { en: '', zh: '' } : { en: ` near line ${line}`, zh: `（约第 ${line} 行）` }
    throw invalid([
      {
        en: `it is not valid JSON${where.en}: look for a missing comma, quote or bracket`,
        zh: `不是有效的 JSON${where.zh}：请检查缺少的逗号、引号或括号`,
      },
    ])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid([{ en: 'it has to be one object: { … }', zh: '应为一个对象：{ … }' }])
  }
  return value as Record<string, unknown>
}

function violation(key: string, value: Record<string, unknown>): Bilingual {
  const expected = EXPECTED[key as keyof typeof EXPECTED] ?? { en: 'something else', zh: '其他内容' }
  const missing = value[key] === undefined
  return {
    en: `${key} ${missing ? 'is missing' : 'has a wrong value'}; it takes ${expected.en}`,
    zh: `${key} ${missing ? '缺失' : '的值不正确'}；应为${expected.zh}`,
  }
}

function invalid(violations: readonly Bilingual[]): ConfigError {
  return new ConfigError(
    {
      en: `config.json can not be used: ${violations.map(one => one.en).join('; ')}.`,
      zh: `config.json 无法使用：${violations.map(one => one.zh).join('；')}。`,
    },
    {
      nextStep: {
        en: 'Correct the file; it is read again as soon as it is saved.',
        zh: '请修正该文件；保存后会自动重新读取。',
      },
    },
  )
}

function unknownKey(key: string): Bilingual {
  const shown = JSON.stringify(key.slice(0, 40))
  const near = nearestKey(key)
  return {
    en: `config.json: unknown key ${shown} is ignored${near === null ? '' : `; did you mean "${near}"?`}`,
    zh: `config.json：忽略未知字段 ${shown}${near === null ? '' : `；是否想写 "${near}"？`}`,
  }
}

function nearestKey(key: string): string | null {
  const [nearest] = Object.keys(EXPECTED)
    .map(known => ({ known, distance: editDistance(key.slice(0, 40), known) }))
    .sort((a, b) => a.distance - b.distance)
  return nearest !== undefined && nearest.distance <= 3 ? nearest.known : null
}

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

export function isRelayUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return plain && (url.protocol === 'http:' || url.protocol === 'https:')
}

export function plainHttpWarning(baseUrl: string): Bilingual[] {
  const url = new URL(baseUrl)
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return []
  return [
    {
      en: 'The relay is reached over plain http: token and messages can be read on the way. Prefer https.',
      zh: '正在通过明文 http 连接中继：Token 和消息可能在途中被读取。建议使用 https。',
    },
  ]
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
