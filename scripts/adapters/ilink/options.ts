import type { Bell } from '../../core/bell.ts'
import type { ChunkChoice, WechatConfig } from '../../core/config/wechat.ts'
import { CLIENT_VERSION, type ClientFacts } from '../../protocol/ilink/headers.ts'
import type { Credentials } from '../../protocol/ilink/login.ts'
import { CDN_BASE } from '../../protocol/ilink/urls.ts'

/** What every request says of us. */
export interface IlinkFacts extends ClientFacts {
  readonly botAgent: string
}

/** What of the configuration may change while the adapter runs. */
export interface IlinkSettings {
  /** People who may write besides the one who scanned, as WeChat spells them. */
  readonly allow: readonly string[]
  /** Larger files are not fetched. */
  readonly fileMaxBytes: number
  /** All files that are kept. */
  readonly folderMaxBytes: number
  readonly chunk: ChunkChoice
  /** So often may be sent for each message that somebody writes (IL §13). */
  readonly sendsPerMessage: number
  /** And for so long after it. */
  readonly windowMs: number
  /** Between two messages to the same person, parts of one text among them. */
  readonly gapMs: number
  /** Before the one retry of what was refused without a reason. */
  readonly retryMs: number
  /** Between two looks whether a token that was refused is taken again. */
  readonly probeMs: number
  readonly typing: boolean
}

export interface IlinkOptions {
  /** As addresses name it: `main` in `wechat:main/<user>`. It stays the same when a new login gives another bot. */
  readonly account: string
  readonly facts: IlinkFacts
  readonly cdnUrl: string
  /** Read at each use. */
  readonly credentials: () => Credentials
  readonly settings: () => IlinkSettings
  /** Rings when credentials or settings may have changed. */
  readonly changed: Bell
  /** They wrote, and it is committed: as WeChat spells them, and only who may write. What waits for them can go out. */
  readonly onWrote?: (users: readonly string[]) => void
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

export function ilinkSettings(config: WechatConfig, account: string): IlinkSettings {
  const { fileMaxBytes, folderMaxBytes, chunk, sendsPerMessage, gapMs, typing } = config
  return {
    allow: [...config.allow, ...(config.accounts[account]?.allow ?? [])],
    fileMaxBytes,
    folderMaxBytes,
    chunk,
    sendsPerMessage,
    windowMs: config.windowHours * HOUR_MS,
    gapMs,
    retryMs: config.retrySeconds * SECOND_MS,
    probeMs: config.probeMinutes * MINUTE_MS,
    typing,
  }
}

/** @param version our own, which is told under our name where the configuration gives no other */
export function ilinkFacts({ botAgent, routeTag }: WechatConfig, version: string): IlinkFacts {
  return { clientVersion: CLIENT_VERSION, botAgent: botAgent ?? `OpenwechatIm/${version}`, routeTag }
}

export function ilinkCdnUrl(config: WechatConfig): string {
  return config.cdnUrl ?? CDN_BASE
}
