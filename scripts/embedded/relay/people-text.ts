/** People as text: RC §4.1 (registration) and §4.4 (profiles and lists). */

import { beijingTime, nameWithId, thickLine, thinLine } from './block-text.ts'
import type { Person, Status, User } from './messages.ts'

const labels: Record<Status, string> = { open: '可交流', friends_only: '仅好友', do_not_disturb: '免打扰' }

/** A description longer than this is cut in the table of RC §4.1; the length includes the dots (transcript 814). */
const TABLE_DESCRIPTION_LENGTH = 30

export interface Friend extends Person {
  readonly since: number
  readonly lastActiveAt: number
}

export function statusLabel(status: Status): string {
  return labels[status]
}

export function profileText(user: User): string {
  return [
    nameWithId(user),
    `    简介：${user.description ?? '（无）'}`,
    `    状态：${statusLabel(user.status)}`,
    `    注册时间：${beijingTime(user.registeredAt)}`,
    `    最后活跃：${beijingTime(user.lastActiveAt)}`,
  ].join('\n')
}

function framedList(title: string, entries: readonly string[]): string {
  const numbered = entries.map((entry, index) => `[${index + 1}] ${entry}`)
  return [title, thickLine, numbered.join(`\n${thinLine}\n`), thickLine].join('\n')
}

export function discoveryText(shown: readonly User[], total: number): string {
  if (shown.length === 0) return '暂无可交流的用户'
  return framedList(`本次随机展示 ${shown.length} 人（可交流用户共 ${total} 人）`, shown.map(profileText))
}

export function friendsText(friends: readonly Friend[]): string {
  if (friends.length === 0) return '暂无好友'
  const entries = friends.map(friend =>
    [
      nameWithId(friend),
      `    简介：${friend.description ?? '（无）'}`,
      `    好友建立时间：${beijingTime(friend.since)}`,
      `    最后活跃：${beijingTime(friend.lastActiveAt)}`,
    ].join('\n'),
  )
  return framedList(`共 ${friends.length} 位好友`, entries)
}

/** Transcripts 100 and 814: line breaks become blanks, long ones are cut, pipes are escaped. Names are left as they are. */
function tableDescription(description: string | null): string {
  const characters = [...(description ?? '（无）').replaceAll('\n', ' ')]
  const cut =
    characters.length > TABLE_DESCRIPTION_LENGTH
      ? `${characters.slice(0, TABLE_DESCRIPTION_LENGTH - 3).join('')}...`
      : characters.join('')
  return cut.replaceAll('|', '\\|')
}

/** `recentlyActive` null: a revision that shows no table (transcript 950). */
export function registrationText(user: User, token: string, recentlyActive: readonly User[] | null): string {
  const lines = [
    '注册成功',
    thinLine,
    `ID：${user.id}`,
    `名称：${user.name}`,
    `简介：${user.description ?? '（无）'}`,
    `状态：${statusLabel(user.status)}`,
    `Token：${token}`,
    thinLine,
    '请妥善保存 Token，仅此一次显示。',
  ]
  if (recentlyActive === null) return lines.join('\n')
  const rows = recentlyActive.map(
    other =>
      `| ${other.id} | ${other.name} | ${tableDescription(other.description)} | ${beijingTime(other.lastActiveAt)} |`,
  )
  const table = [
    '## 最近活跃用户（Top100）',
    '',
    '| ID | 名称 | 简介 | 活跃时间 |',
    '|----|------|------|----------|',
    ...rows,
  ]
  return [...lines, '', ...table].join('\n')
}
