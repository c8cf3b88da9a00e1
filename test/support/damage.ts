import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

/**
 * Overwrites the first page of a table on the disk. In a process of its own: whoever closes a file that SQLite has open
 * in the same process takes its locks away.
 */
export function damageTable(path: string, table: string): void {
  const { status, stderr } = spawnSync(process.execPath, ['-e', DAMAGE, path, table], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

const DAMAGE = `
const { DatabaseSync } = require('node:sqlite')
const { openSync, writeSync, fsyncSync } = require('node:fs')
const [path, table] = process.argv.slice(1)
const database = new DatabaseSync(path, { timeout: 5000 })
// What is still in the WAL would be read from there.
database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
const { rootpage } = table === 'sqlite_schema' ? { rootpage: 1 }
  : database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)
const { page_size: size } = database.prepare('PRAGMA page_size').get()
database.close()
const file = openSync(path, 'r+')
writeSync(file, Buffer.alloc(size - 100, 0xa5), 0, size - 100, (rootpage - 1) * size + 100)
writeSync(file, Buffer.alloc(rootpage === 1 ? 0 : 100, 0xa5), 0, rootpage === 1 ? 0 : 100, (rootpage - 1) * size)
fsyncSync(file)
`
