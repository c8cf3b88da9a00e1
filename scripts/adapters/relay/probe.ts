import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config.ts'
import { UnreachableError } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { Finding } from '../../core/finding.ts'
import { decodeUtf8 } from '../../core/utf8.ts'
import { isHealthy, parseRelayStats } from '../../protocol/relay/answers.ts'
import { parseFriends } from '../../protocol/relay/lists.ts'
import { classifyReply } from '../../protocol/relay/reply.ts'
import type { HttpReply } from '../http.ts'
import { askRelay } from './http.ts'

interface Network {
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly signal: AbortSignal
}

const LIMITS = { timeoutMs: 30_000, maxBytes: 4 * 1024 * 1024 }

/** Is it a relay, and does it know us? Asks nothing that costs a message: no stream, no inbox (RC rule 6). */
export async function checkRelay(config: Config, network: Network): Promise<Finding[]> {
  const reached = await findRelay(config.baseUrl, network)
  if (reached.level === 'fault') return [reached]
  try {
    return [reached, await checkToken(config, network)]
  } catch (error) {
    return [notReachable(error)]
  }
}

/** Is there a relay at that address? */
export async function findRelay(baseUrl: string, network: Network): Promise<Finding> {
  try {
    return await checkHealth(baseUrl, network)
  } catch (error) {
    return notReachable(error)
  }
}

function notReachable(error: unknown): Finding {
  if (!(error instanceof UnreachableError)) throw error
  return {
    check: 'relay',
    level: 'fault',
    text: { en: `not reachable (${error.reason})`, zh: `无法连接（${error.reason}）` },
    next: {
      en: 'Check base_url, the network, and HTTPS_PROXY if you need one.',
      zh: '请检查 base_url、网络，以及是否需要设置 HTTPS_PROXY。',
    },
  }
}

function get(network: Network, url: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpReply> {
  const { fetch, clock, signal } = network
  return askRelay(fetch, clock, { url, init: { method: 'GET', headers }, signal, ...LIMITS })
}

async function checkHealth(baseUrl: string, network: Network): Promise<Finding> {
  const reply = await get(network, `${baseUrl}/health`)
  const health = decodeUtf8(reply.body)
  // Older revisions count this one too (RC §11): whoever says so is a relay.
  if (classifyReply(reply.status, health).kind === 'throttled') return BUSY
  // The first revisions call it otherwise (RC §11).
  const alive = isHealthy(health) || isHealthy(decodeUtf8((await get(network, `${baseUrl}/heather`)).body))
  if (!alive) {
    return {
      check: 'relay',
      level: 'fault',
      text: {
        en: 'something answers there, but it is no openwechat-claw relay',
        zh: '该地址有响应，但不是 openwechat-claw 中继',
      },
      next: { en: 'Check base_url, port included.', zh: '请检查 base_url，包括端口。' },
    }
  }
  const stats = parseRelayStats(decodeUtf8((await get(network, `${baseUrl}/stats`)).body))
  const users = stats === null ? '' : ` (${stats.users})`
  return {
    check: 'relay',
    level: 'ok',
    text: {
      en: `reachable, users${users === '' ? ' unknown' : users}`,
      zh: `可连接，用户数${users === '' ? '未知' : users}`,
    },
  }
}

const BUSY: Finding = {
  check: 'relay',
  level: 'warning',
  text: { en: 'reachable, but asks for fewer requests', zh: '可连接，但要求降低请求频率' },
  next: { en: 'Try again in a minute.', zh: '请一分钟后再试。' },
}

async function checkToken(config: Config, network: Network): Promise<Finding> {
  const reply = await get(network, `${config.baseUrl}/friends`, { 'X-Token': config.token })
  const text = decodeUtf8(reply.body)
  const answer = classifyReply(reply.status, text)
  if (answer.kind === 'unauthorized') {
    return {
      check: 'token',
      level: 'fault',
      text: { en: 'the relay does not know this token', zh: '中继不认识该 Token' },
      next: {
        en: 'Correct token in config.json, or register anew; a lost token can not be shown again.',
        zh: '请修正 config.json 中的 token，或重新注册；丢失的 Token 无法再次显示。',
      },
    }
  }
  const friends = answer.kind === 'text' ? parseFriends(text) : null
  if (friends === null || friends.kind === 'unknown') {
    const busy = answer.kind === 'throttled'
    return {
      check: 'token',
      level: 'warning',
      text: busy
        ? { en: 'not checked: the relay asks for fewer requests', zh: '未检查：中继要求降低请求频率' }
        : { en: 'not checked: the relay gave no usable answer', zh: '未检查：中继没有给出可用的回答' },
    }
  }
  const count = friends.kind === 'empty' ? 0 : friends.count
  return { check: 'token', level: 'ok', text: { en: `accepted, ${count} friends`, zh: `有效，好友 ${count} 位` } }
}
