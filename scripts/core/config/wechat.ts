import { z } from 'zod'
import { field, named, optional, section } from './fields.ts'
import { isRelayUrl } from './places.ts'
import { secretOf } from './secrets.ts'

/** How personal WeChat is used (IL). What the server enforces is not documented: each of its numbers can be set here. */
export interface WechatConfig {
  /** Where login codes are made; null: at WeChat. A hub, or the simulator, is named here. */
  readonly baseUrl: string | null
  /** Where files lie; null: at WeChat. */
  readonly cdnUrl: string | null
  /** People who may write besides the one who scanned, to every account. */
  readonly allow: readonly string[]
  /** The same for one account, by its name. */
  readonly accounts: Readonly<Record<string, { readonly allow: readonly string[] }>>
  readonly chunk: ChunkChoice
  /** So often may be sent for each message that somebody writes. */
  readonly sendsPerMessage: number
  /** And for so long after it. */
  readonly windowHours: number
  /** Between the parts of a long text. */
  readonly gapMs: number
  /** Before the one retry of what was refused without a reason. */
  readonly retrySeconds: number
  /** Between two looks whether a token that was refused is taken again. */
  readonly probeMinutes: number
  readonly typing: boolean
  readonly fileMaxBytes: number
  readonly folderMaxBytes: number
  /** null: our own name and version. */
  readonly botAgent: string | null
  readonly routeTag: string | null
}

/** How long texts are cut: as a client did it that was tested on a real account, or as large as all reports allow (IL §6, §12). */
export type ChunkChoice = 'measured' | 'large'

const CHUNKS: readonly ChunkChoice[] = ['measured', 'large']
const MIB = 1024 * 1024

const whole = (least: number, most: number, usual: number) =>
  field(z.number().int().min(least).max(most).default(usual), {
    en: `a whole number from ${least} to ${most}`,
    zh: `${least} 到 ${most} 的整数`,
  })

const URL_FIELD = field(z.string().refine(isRelayUrl).nullish(), {
  en: 'an address such as "https://hub.example.org" (http or https, no query), or null',
  zh: '形如 "https://hub.example.org" 的地址（http 或 https，不带查询参数），或 null',
})

const ALLOW = field(
  z
    .array(z.string().regex(/^\P{Cc}{1,200}$/u))
    .max(1000)
    .default([]),
  { en: 'a list of WeChat ids such as ["…@im.wechat"]', zh: '微信编号的列表，例如 ["…@im.wechat"]' },
)

/** As addresses have it between `wechat:` and the slash. */
export const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/

const FIELDS = {
  baseUrl: URL_FIELD,
  cdnUrl: URL_FIELD,
  allow: ALLOW,
  accounts: named(ACCOUNT_NAME, section({ allow: ALLOW })),
  chunk: field(z.enum(CHUNKS).default('measured'), { en: '"measured" or "large"', zh: '"measured" 或 "large"' }),
  // "Send budget: 10 per inbound message, 24 h window" (IL "What users hit" 1); others counted 5 and 11 h.
  sendsPerMessage: whole(1, 100, 10),
  windowHours: whole(1, 168, 24),
  // 300 ms was measured, 1.5 s reported (IL §12).
  gapMs: whole(0, 10_000, 300),
  // Each try may prolong a throttle (IL §13): once, and not at once.
  retrySeconds: whole(1, 600, 10),
  probeMinutes: whole(1, 1440, 5),
  typing: field(z.boolean().default(true), { en: 'true or false', zh: 'true 或 false' }),
  // "Size cap 100 MB" (IL §8).
  fileMaxMb: whole(1, 1024, 100),
  folderMaxMb: whole(1, 1024 * 1024, 2048),
  botAgent: field(z.string().max(256).nullish(), {
    en: 'a name and version such as "MyBot/1.0", or null',
    zh: '名称与版本，例如 "MyBot/1.0"，或 null',
  }),
  routeTag: field(z.union([z.string().regex(/^[\x21-\x7e]{0,100}$/), z.number().int()]).nullish(), {
    en: 'the route tag that WeChat gave you, or null',
    zh: '微信提供的路由标签，或 null',
  }),
}

export const WECHAT_SECTION = section({ ...FIELDS, accounts: optional(FIELDS.accounts) })

type Typed = z.output<typeof WECHAT_SECTION.schema>

export function readWechat(typed: Typed | null | undefined): WechatConfig {
  const { baseUrl, cdnUrl, accounts, fileMaxMb, folderMaxMb, botAgent, routeTag, ...rest } =
    typed ?? WECHAT_SECTION.schema.parse({})
  return {
    ...rest,
    baseUrl: withoutSlash(baseUrl),
    cdnUrl: withoutSlash(cdnUrl),
    accounts: accounts ?? {},
    fileMaxBytes: fileMaxMb * MIB,
    folderMaxBytes: folderMaxMb * MIB,
    botAgent: secretOf(botAgent),
    routeTag: routeTag === null || routeTag === undefined || routeTag === '' ? null : String(routeTag),
  }
}

/** Where there is no configuration yet. */
export const USUAL_WECHAT: WechatConfig = readWechat(null)

function withoutSlash(url: string | null | undefined): string | null {
  return url === null || url === undefined ? null : url.replace(/\/+$/, '')
}
