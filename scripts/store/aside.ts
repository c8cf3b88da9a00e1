import type { Database } from './database.ts'
import { AGENT, passOver } from './positions.ts'

/** Messages that were received, and are not for the agent: passed on by the bridge, or written by who may not write. */

/** It is no longer to be read, woken for, or counted. Files and history keep it. */
export function setAside(database: Database, seq: number): void {
  if (isAside(database, seq)) return
  passOver(database, { reader: AGENT, seq })
  database.run('INSERT INTO aside (seq) VALUES (?)', seq)
}

export function isAside(database: Database, seq: number): boolean {
  return database.get('SELECT 1 FROM aside WHERE seq = ?', seq) !== undefined
}
