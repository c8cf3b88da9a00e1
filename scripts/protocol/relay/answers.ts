import type { RelayStatus } from './profile.ts'

/** The exact success texts of the endpoints that change something (RC §3, §4.3). Success is judged by them alone. */

export interface SendAccepted {
  readonly friendship: 'requested' | 'accepted' | 'unchanged'
  /** The reply shows a preview of our own stored inbox: a hint to drain it now, never to be parsed (813). */
  readonly inboxWaiting: boolean
}

const SENT = new RegExp(
  `^发送成功(（好友申请已发出，等待对方回复）|（好友关系已建立）)?` +
    `(\\n\\n收件箱共 \\d+ 条，预览前 \\d+ 条(?:，还有 \\d+ 条)?：\\n═{40}\\n[\\s\\S]*\\n═{40})?$`,
)

export function parseSent(text: string): SendAccepted | null {
  const match = SENT.exec(text)
  if (match === null) return null
  const [, note, preview] = match
  return {
    friendship: note === undefined ? 'unchanged' : note.includes('申请') ? 'requested' : 'accepted',
    inboxWaiting: preview !== undefined,
  }
}

export function parseStatusChanged(text: string): RelayStatus | null {
  const match = /^状态已更新为：(?:可交流|仅好友|免打扰)（(open|friends_only|do_not_disturb)）$/.exec(text)
  return match === null ? null : (match[1] as RelayStatus)
}

/** Only the fixed words at both ends count: the name between them is a stranger's (RC §8.4). */
export function isBlocked(text: string): boolean {
  return /^已拉黑 [\s\S]*（ID:\d+），其在你收件箱中的消息已清除$/.test(text)
}

export function isUnblocked(text: string): boolean {
  return /^已解除对 [\s\S]*（ID:\d+）的拉黑，双方好友关系已清除，可重新发消息建立联系$/.test(text)
}

/** The address a homepage got. Built by the relay from the `Host` header: its scheme may be wrong behind TLS. */
export function parseHomepageUpdated(text: string): string | null {
  return /^主页已更新\n访问地址：(\S+)$/.exec(text)?.[1] ?? null
}

export interface RelayStats {
  readonly users: number
  readonly friendships: number
  readonly messages: number
}

export function parseRelayStats(text: string): RelayStats | null {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return null
  const { users, friendships, messages } = value as Record<string, unknown>
  if (typeof users !== 'number' || typeof friendships !== 'number' || typeof messages !== 'number') return null
  return { users, friendships, messages }
}

/** Older revisions call the endpoint `/heather` (RC §11); the body is the same. */
export function isHealthy(text: string): boolean {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null && (value as Record<string, unknown>)['status'] === 'ok'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export interface StreamLog {
  readonly userId: number | null
}

/** The text of `event: log` (RC §6). */
export function parseStreamLog(text: string): StreamLog {
  const userId = / user_id=(\d{1,15})(?: |$)/.exec(text)?.[1]
  return { userId: userId === undefined ? null : Number(userId) }
}
