/**
 * What the server is believed to check of every request (duty B; IL §2). A broken rule of `failing` fails the request in
 * strict mode; the others are the contract's word as well, and only recorded.
 */

import { objectOf } from '../../protocol/webhook/json-text.ts'
import type { Route } from './routes.ts'
import { type Call, type Stores, stringOf } from './world.ts'

/** "An `X-WECHAT-UIN` repeats within the last 1000." */
const REMEMBERED_UINS = 1000

const POST_HEADERS = ['authorizationtype', 'x-wechat-uin', 'authorization']

/** Products separated by blanks, each `name/version`, optionally with one comment. */
const BOT_AGENT = /^(?:[\w.-]{1,32}\/[\w.+-]{1,32}(?: \([\x20-\x27\x2a-\x7e]{1,64}\))?(?: |$))+$/

/** "The result is cut at whole products to ≤ 256 bytes." */
const LONGEST_BOT_AGENT_BYTES = 256

/** true: everything is there that a request of this route can not do without. */
export function checkRequest(stores: Stores, route: Route, call: Call): boolean {
  if (route.auth === 'cdn') {
    // "No auth headers" (IL §7): whoever sends them gives the token to another server.
    for (const name of POST_HEADERS) refuseHeader(call, name)
    return true
  }
  const required = [appId(call), clientVersion(call)]
  if (call.recorded.method === 'POST') {
    if (!/^application\/json\b/i.test(header(call, 'content-type') ?? '')) violate(call, 'content-type', 'not JSON')
    required.push(authorizationType(call), uin(stores, call))
    if (route.auth === 'bearer') required.push(baseInfo(call))
    else if (call.body['base_info'] !== undefined) violate(call, 'base-info-unwanted', 'no member of this body')
  } else if (route.name === 'qr status') {
    // "The QR status GET carries none of these four."
    for (const name of [...POST_HEADERS, 'content-type']) refuseHeader(call, name)
  }
  return !required.includes(false)
}

function header(call: Call, name: string): string | undefined {
  return call.recorded.headers[name]
}

function violate(call: Call, rule: string, detail: string): false {
  call.violate(rule, detail)
  return false
}

function refuseHeader(call: Call, name: string): void {
  if (header(call, name) !== undefined) violate(call, 'header-unwanted', name)
}

function appId(call: Call): boolean {
  const value = header(call, 'ilink-app-id')
  if (value === undefined) return violate(call, 'app-id-missing', 'iLink-App-Id')
  if (value !== 'bot') violate(call, 'app-id', 'not the literal "bot"')
  return true
}

function clientVersion(call: Call): boolean {
  const value = header(call, 'ilink-app-clientversion')
  if (value === undefined) return violate(call, 'client-version-missing', 'iLink-App-ClientVersion')
  // "major<<16 | minor<<8 | patch, each part masked to 8 bits".
  if (!/^\d{1,8}$/.test(value) || Number(value) >= 2 ** 24) violate(call, 'client-version', 'no version of three bytes')
  return true
}

function authorizationType(call: Call): boolean {
  const value = header(call, 'authorizationtype')
  if (value === undefined) return violate(call, 'authorization-type-missing', 'AuthorizationType')
  if (value !== 'ilink_bot_token') violate(call, 'authorization-type', 'not ilink_bot_token')
  return true
}

/** "base64 of the decimal ASCII text of a random uint32, fresh for every request." */
export function uinNumber(value: string): number | null {
  const text = Buffer.from(value, 'base64').toString('latin1')
  if (Buffer.from(text, 'latin1').toString('base64') !== value) return null
  if (!/^(?:0|[1-9]\d{0,9})$/.test(text) || Number(text) >= 2 ** 32) return null
  return Number(text)
}

function uin(stores: Stores, call: Call): boolean {
  const value = header(call, 'x-wechat-uin')
  if (value === undefined) return violate(call, 'uin-missing', 'X-WECHAT-UIN')
  if (uinNumber(value) === null) return violate(call, 'uin-form', 'not base64 of a decimal uint32')
  const ago = stores.log.sinceUin(value)
  if (ago !== null && ago <= REMEMBERED_UINS) {
    return violate(call, 'uin-repeated', 'the same as in an earlier request')
  }
  return true
}

function baseInfo(call: Call): boolean {
  const info = objectOf(call.body['base_info'])
  if (info === null) return violate(call, 'base-info-missing', 'base_info')
  if (stringOf(info, 'channel_version') === '') violate(call, 'channel-version', 'base_info.channel_version')
  // "The seed sends only channel_version, which works."
  if (info['bot_agent'] !== undefined) {
    const agent = stringOf(info, 'bot_agent')
    if (!BOT_AGENT.test(agent) || agent.endsWith(' ') || agent.length > LONGEST_BOT_AGENT_BYTES) {
      // The default has no version, and is right all the same.
      if (agent !== 'OpenClaw') violate(call, 'bot-agent', 'base_info.bot_agent')
    }
  }
  return true
}
