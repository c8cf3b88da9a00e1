/** Files of all kinds, and what became of them. */

import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Account, World } from './test-account.ts'

export const PICTURE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100, 7)])
export const FILM = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(3000, 9)])
export const SOUND = Buffer.concat([Buffer.from('\x02#!SILK_V3', 'latin1'), Buffer.alloc(50, 5)])
export const NOTES = Buffer.from('只是文字\n')

export function flagsOf(account: Account, i = 0): Readonly<Record<string, string>> {
  return account.shown()[i]?.flags ?? {}
}

export function downloads({ controls }: World): number {
  return controls.requests('/download').length
}

export function keptFiles({ folder }: World): string[] {
  try {
    return readdirSync(join(folder.path, '.files'))
  } catch {
    return []
  }
}

export function shaOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
