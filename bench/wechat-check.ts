import { readFileSync } from 'node:fs'
import type { DataFolder } from '../scripts/store/data-folder.ts'
import { committed } from './wechat-daemon.ts'
import { markOf, type WechatCounts } from './wechat-server.ts'

/** Nothing is measured of a daemon that lost, doubled or disturbed anything. */

const FILES = ['inbox_pushed.md', 'conversations.md'] as const

/** The numbers of the messages to each account, as they stand in a file. */
function shownIn(folder: DataFolder, name: (typeof FILES)[number]): Map<number, number[]> {
  const found = new Map<number, number[]>()
  for (const [, account, n] of readFileSync(folder.file(name), 'utf8').matchAll(/\bw(\d+)\.(\d+);/g)) {
    const numbers = found.get(Number(account)) ?? []
    if (numbers.length === 0) found.set(Number(account), numbers)
    numbers.push(Number(n))
  }
  return found
}

export function isComplete(folder: DataFolder, accounts: readonly number[], each: number): boolean {
  // The ends first: they cost little.
  if (committed(folder) < accounts.length * each) return false
  return FILES.every(name => {
    const shown = shownIn(folder, name)
    return accounts.every(account => (shown.get(account)?.length ?? 0) >= each)
  })
}

/** Each message once, and in the order in which they were written: of who left, those before the end. */
export function check(
  folder: DataFolder,
  { complete, cut, each }: { complete: readonly number[]; cut: number; each: number },
): void {
  for (const name of FILES) {
    const shown = shownIn(folder, name)
    for (const account of [...complete, cut]) {
      const numbers = shown.get(account) ?? []
      const wrong = numbers.findIndex((n, at) => n !== at)
      if (wrong !== -1)
        throw new Error(`${name} shows ${markOf(account, numbers[wrong] ?? 0)} in the place of ${wrong}`)
      if (account !== cut && numbers.length !== each) throw new Error(`${name} shows ${numbers.length} of ${each}`)
    }
  }
}

export function checkUndisturbed(
  { notices, secondPolls, violations }: WechatCounts,
  { staying, joiner, leaver }: { staying: readonly number[]; joiner: number; leaver: number },
): void {
  const said = (account: number) => `${notices[account]?.starts} ${notices[account]?.stops}`
  const disturbed = [...staying, joiner].filter(account => said(account) !== '1 0')
  if (disturbed.length > 0 || said(leaver) !== '1 1')
    throw new Error(`accounts were disturbed: ${disturbed.join(', ')}`)
  if (secondPolls > 0 || violations > 0) throw new Error(`${secondPolls} second polls, ${violations} violations`)
}
