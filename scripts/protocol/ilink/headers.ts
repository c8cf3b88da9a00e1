import { sanitiseBotAgent } from './bot-agent.ts'

/** What every request says of its sender (IL §2). */

/** The plugin whose wire this is: servers tell old ways from new ones by it. */
export const CLIENT_VERSION = '2.4.9'

/** `2.4.9` → 132105: eight bits for each part. */
export function clientVersionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(part => Number.parseInt(part, 10) & 0xff)
  return (major << 16) | (minor << 8) | patch
}

/** `X-WECHAT-UIN`: the decimal text of a uint32 in base64, not its four bytes. */
export function wechatUin(uin: number): string {
  return Buffer.from(String(uin >>> 0)).toString('base64')
}

export interface ClientFacts {
  readonly clientVersion: string
  readonly routeTag?: number | string | null
}

export interface PostFacts extends ClientFacts {
  /** Without one only a QR code can be asked for. */
  readonly token?: string | null
  /** A random uint32, a new one for every request. */
  readonly uin: number
}

/**
 * Those of a POST. Without `AuthorizationType` the session is over at once, without the two `iLink-App-*` some servers
 * answer `-14`. Never with Content-Length: fetch counts, and refuses whoever counts for it.
 */
export function ilinkHeaders({ token, uin, ...client }: PostFacts): Record<string, string> {
  const bearer = (token ?? '').trim()
  return {
    ...ilinkGetHeaders(client),
    'Content-Type': 'application/json',
    AuthorizationType: 'ilink_bot_token',
    'X-WECHAT-UIN': wechatUin(uin),
    ...(bearer === '' ? {} : { Authorization: `Bearer ${bearer}` }),
  }
}

/** The question how far a QR code is carries none of the others. */
export function ilinkGetHeaders({ clientVersion, routeTag }: ClientFacts): Record<string, string> {
  const tag = String(routeTag ?? '').trim()
  return {
    'iLink-App-Id': 'bot',
    'iLink-App-ClientVersion': String(clientVersionNumber(clientVersion)),
    ...(tag === '' ? {} : { SKRouteTag: tag }),
  }
}

/** A member of every body that carries a token's request. */
export interface BaseInfo {
  readonly channel_version: string
  readonly bot_agent: string
}

export function baseInfo({ clientVersion, botAgent }: { clientVersion: string; botAgent: string }): BaseInfo {
  return { channel_version: clientVersion, bot_agent: sanitiseBotAgent(botAgent) }
}
