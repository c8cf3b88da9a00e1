/** The simulator's own SQLite file: what a restart of the server keeps. */

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../../core/errors.ts'
import { row, transaction } from '../relay/database.ts'

export { row, rows, transaction } from '../relay/database.ts'

const MEMORY = ':memory:'

/** "ilsm": marks the file as ours. */
const APPLICATION_ID = 0x696c736d

/** Ids of 64 bits are texts: half of them fit no INTEGER. Times are milliseconds since the epoch. */
const SCHEMA = `
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE qrcodes (made INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, doc TEXT NOT NULL) STRICT;
  CREATE TABLE bots (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    user_id      TEXT    NOT NULL,
    token        TEXT    NOT NULL UNIQUE,
    origin       TEXT    NOT NULL,
    bound_at     INTEGER NOT NULL,
    is_live      INTEGER NOT NULL,
    online_since INTEGER,
    starts       INTEGER NOT NULL DEFAULT 0,
    stops        INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE peers (
    bot_id        TEXT    NOT NULL,
    user_id       TEXT    NOT NULL,
    last_wrote_at INTEGER,
    sends         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (bot_id, user_id)
  ) STRICT;
  CREATE TABLE tokens (
    token       TEXT    PRIMARY KEY,
    bot_id      TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    is_poisoned INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE mail (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    bot_id     TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    rest       TEXT    NOT NULL,
    token      TEXT    NOT NULL,
    is_out     INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX mail_of_bot ON mail (bot_id, number);
  CREATE INDEX mail_waiting ON mail (bot_id, number) WHERE is_out = 0;
  CREATE TABLE redeliveries (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    bot_id     TEXT    NOT NULL,
    mail       INTEGER NOT NULL,
    message_id TEXT    NOT NULL,
    due_at     INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX redeliveries_due ON redeliveries (bot_id, due_at);
  CREATE TABLE cursors (
    cursor   TEXT    PRIMARY KEY,
    bot_id   TEXT    NOT NULL,
    position INTEGER NOT NULL,
    came_back INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE handouts (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    bot_id     TEXT    NOT NULL,
    mail       INTEGER NOT NULL,
    message_id TEXT    NOT NULL,
    cursor     TEXT    NOT NULL,
    at         INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX handouts_of_bot ON handouts (bot_id, number);
  CREATE TABLE client_ids (
    bot_id    TEXT NOT NULL,
    client_id TEXT NOT NULL,
    digest    TEXT NOT NULL,
    PRIMARY KEY (bot_id, client_id)
  ) STRICT;
  CREATE TABLE bubbles (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    bot_id  TEXT NOT NULL,
    user_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    doc     TEXT NOT NULL
  ) STRICT;
  CREATE INDEX bubbles_of_peer ON bubbles (user_id, number);
  CREATE INDEX bubbles_by_message ON bubbles (message_id);
  CREATE TABLE uploads (filekey TEXT PRIMARY KEY, doc TEXT NOT NULL, is_used INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE blobs (param TEXT PRIMARY KEY, bytes BLOB NOT NULL, doc TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE TABLE tickets (ticket TEXT PRIMARY KEY, bot_id TEXT NOT NULL, user_id TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE TABLE typing (bot_id TEXT NOT NULL, user_id TEXT NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (bot_id, user_id)) STRICT;
  CREATE TABLE uins (number INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL) STRICT;
  CREATE INDEX uins_by_value ON uins (value, number);
  CREATE TABLE requests (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    path    TEXT    NOT NULL,
    doc     TEXT    NOT NULL,
    outcome TEXT
  ) STRICT;
  CREATE TABLE violations (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    request INTEGER NOT NULL,
    rule    TEXT    NOT NULL,
    detail  TEXT    NOT NULL
  ) STRICT;
`

function prepare(sql: DatabaseSync): void {
  sql.exec('PRAGMA locking_mode = EXCLUSIVE')
  const tables = row<{ n: number }>(sql.prepare('SELECT count(*) AS n FROM sqlite_schema'))?.n ?? 0
  const application = row<{ application_id: number }>(sql.prepare('PRAGMA application_id'))?.application_id
  if (tables > 0 && application !== APPLICATION_ID) throw new Error('the file is the database of another program')
  // A simulator that is killed loses nothing by this; only a computer that is switched off could.
  sql.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  transaction(sql, () => {
    if (tables === 0) sql.exec(SCHEMA)
    sql.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  })
}

/** @throws StorageError */
export function openDatabase(path: string = MEMORY): DatabaseSync {
  let sql: DatabaseSync | undefined
  try {
    // Created before SQLite does it, so that it is never readable by others.
    if (path !== MEMORY) closeSync(openSync(path, 'a', 0o600))
    sql = new DatabaseSync(path)
    prepare(sql)
    return sql
  } catch (cause) {
    sql?.close()
    throw new StorageError(
      { en: `The simulator's database ${path} can not be opened.`, zh: `无法打开模拟器数据库 ${path}。` },
      {
        cause,
        nextStep: {
          en: 'Check that the file is one of this simulator, its folder is writable, and no other simulator uses it.',
          zh: '请检查该文件是否属于本模拟器、目录是否可写，以及是否有其他模拟器正在使用它。',
        },
      },
    )
  }
}

/** Everything a client or a phone left; the counters go on, so that no id comes twice. */
export function emptyDatabase(sql: DatabaseSync): void {
  transaction(sql, () => {
    const names = sql
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'counters'",
      )
      .all()
    for (const { name } of names) sql.exec(`DELETE FROM "${name}"`)
  })
}

const AHEAD = 'clock ahead'

export function readAheadMs(sql: DatabaseSync): number {
  return (
    row<{ value: number }>(sql.prepare('SELECT value FROM counters WHERE name = :name'), { name: AHEAD })?.value ?? 0
  )
}

export function keepAheadMs(sql: DatabaseSync, aheadMs: number): void {
  sql
    .prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (:name, :value)')
    .run({ name: AHEAD, value: Math.round(aheadMs) })
}
