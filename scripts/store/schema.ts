import { StorageError } from '../core/errors.ts'
import type { Database } from './database.ts'

/**
 * `state.db`, the one truth (design §3). A step never changes once it has landed: a newer need is a new step, and
 * `user_version` counts the steps that a file has been through.
 */
const STEPS: readonly string[] = [
  `
  -- What was received, byte for byte, before anybody understood it.
  CREATE TABLE payloads (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
  );

  -- AUTOINCREMENT: a number is never given twice, not even after the newest row is gone.
  CREATE TABLE messages (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    payload      INTEGER REFERENCES payloads (id),  -- NULL: not received (a correction) or taken over from files
    payload_from INTEGER NOT NULL DEFAULT 0,        -- the message's bytes within the payload
    payload_to   INTEGER NOT NULL DEFAULT 0,
    source       TEXT NOT NULL,                     -- adapter, such as relay
    account      TEXT NOT NULL,                     -- whose inbox at that source
    via          TEXT NOT NULL,
    received_at  TEXT NOT NULL,
    at           TEXT NOT NULL,                     -- by the other side's clock
    type         TEXT NOT NULL,
    peer         TEXT,                              -- address; NULL: unverified
    name         TEXT NOT NULL DEFAULT '',
    recipient    TEXT,                              -- address; NULL: it was sent to us
    recipient_name TEXT NOT NULL DEFAULT '',
    content      TEXT NOT NULL,
    flags        TEXT NOT NULL DEFAULT '{}',
    -- resolving: the sender is being looked up. held: its twin may still come. final: shown, never changed again.
    state        TEXT NOT NULL CHECK (state IN ('resolving', 'held', 'final')),
    settle_by    INTEGER NOT NULL DEFAULT 0,        -- ms by the clock of the running process; no wait of files is longer
    unresolved   INTEGER NOT NULL DEFAULT 0,        -- 1: the sender may yet be found
    merged_into  INTEGER,                           -- the other one of a pair that is one message (RC 709)
    digest       BLOB                               -- of sender, time and content; NULL: nothing to compare
  );
  CREATE INDEX messages_by_digest ON messages (digest) WHERE digest IS NOT NULL;
  CREATE INDEX messages_unsettled ON messages (seq) WHERE state <> 'final';
  CREATE INDEX messages_deadlines ON messages (settle_by) WHERE state <> 'final';
  CREATE INDEX messages_unresolved ON messages (seq) WHERE unresolved = 1;

  CREATE TABLE contacts (
    account      TEXT NOT NULL,
    peer         TEXT NOT NULL,
    name         TEXT NOT NULL,
    description  TEXT,
    relationship TEXT,
    last_seen_at TEXT,
    PRIMARY KEY (account, peer)
  ) WITHOUT ROWID;

  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE hourly (hour TEXT PRIMARY KEY, received INTEGER NOT NULL) WITHOUT ROWID;

  -- What an adapter wants to find again, such as profiles that never change.
  CREATE TABLE memos (
    source  TEXT NOT NULL,
    account TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (source, account, key)
  ) WITHOUT ROWID;

  -- How far each file of the agent is known to be on disk.
  CREATE TABLE checkpoints (
    file  TEXT PRIMARY KEY,
    seq   INTEGER NOT NULL,
    size  INTEGER NOT NULL,
    inode INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE positions (reader TEXT PRIMARY KEY, seq INTEGER NOT NULL, received INTEGER NOT NULL) WITHOUT ROWID;

  -- What the daemon tells about itself, for commands that run beside it.
  CREATE TABLE status (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  -- What we send, and what became of it. Committed before the request is made, so that a crash leaves no doubt which
  -- requests may have been made (design §2.3).
  CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id     TEXT NOT NULL UNIQUE,   -- the caller's, or one of our own
    fingerprint    BLOB NOT NULL,          -- of recipient, text and file: what the request id stands for
    sink           TEXT NOT NULL,          -- adapter, such as relay
    account        TEXT NOT NULL,
    recipient      TEXT NOT NULL,          -- address
    content        TEXT NOT NULL,
    file           TEXT,                   -- JSON: the kept copy and the name it had
    state          TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'accepted', 'refused', 'not_sent', 'unknown')),
    detail         TEXT NOT NULL DEFAULT '{}',
    seq            INTEGER,                -- the message that shows it
    created_at     TEXT NOT NULL,
    settled_at     TEXT
  );
  CREATE INDEX outbox_open ON outbox (id) WHERE state IN ('queued', 'sending');

  CREATE INDEX messages_by_peer ON messages (peer, seq);
  CREATE INDEX messages_sent ON messages (recipient, seq) WHERE recipient IS NOT NULL;

  -- How far a reader has read with one peer, where that is further than the reader's own position.
  CREATE TABLE peer_positions (
    reader TEXT NOT NULL,
    peer   TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (reader, peer)
  ) WITHOUT ROWID;

  -- Of messages that were archived: a copy that comes later is still told as one.
  CREATE TABLE pruned_digests (digest BLOB PRIMARY KEY) WITHOUT ROWID;
  `,
  `
  -- What there is to push to sinks: written once, and the same bytes for every try and every receiver.
  CREATE TABLE events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id   TEXT NOT NULL UNIQUE,   -- the receivers' name for it
    name       TEXT NOT NULL,          -- message.received
    at         TEXT NOT NULL,
    lane       TEXT NOT NULL,          -- what is kept in order: a peer's address, or the channel's name
    seq        INTEGER,                -- the message; NULL: it is not about one
    body       BLOB NOT NULL
  );

  -- One event for one sink, until it is delivered. The queues of all sinks lie side by side.
  CREATE TABLE deliveries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    sink       TEXT NOT NULL,          -- webhook:ops
    event      INTEGER NOT NULL REFERENCES events (id),
    lane       TEXT NOT NULL,
    body       BLOB,                   -- NULL: the event's
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    tried_at   INTEGER,                -- ms since the epoch, the first try
    next_at    INTEGER NOT NULL DEFAULT 0,   -- ms since the epoch; 0: at once
    reason     TEXT                    -- of the last failure
  );
  CREATE INDEX deliveries_waiting ON deliveries (sink, id) WHERE state = 'waiting';
  CREATE INDEX deliveries_retried ON deliveries (sink, next_at) WHERE state = 'waiting' AND next_at > 0;
  CREATE INDEX deliveries_dead ON deliveries (sink, id) WHERE state = 'dead';
  CREATE INDEX deliveries_of_event ON deliveries (event);

  -- A sink takes what came after it was set up.
  CREATE TABLE sinks (
    name            TEXT PRIMARY KEY,
    since_seq       INTEGER NOT NULL,
    paused          TEXT,              -- why it pauses by itself, such as http_410; NULL: it does not
    waiting         INTEGER NOT NULL DEFAULT 0,
    dead            INTEGER NOT NULL DEFAULT 0,
    delivered       INTEGER NOT NULL DEFAULT 0,
    last_success_at TEXT,
    last_failure_at TEXT,
    last_reason     TEXT
  ) WITHOUT ROWID;

  -- One row a request, outgoing and incoming: never a body, a header or a secret.
  CREATE TABLE request_log (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,         -- webhook:ops, wechat_abot, wake
    direction   TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    at          TEXT NOT NULL,
    event_id    TEXT,
    event       TEXT,
    attempt     INTEGER NOT NULL,
    http_status INTEGER,
    ok          INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    error       TEXT,
    bytes       INTEGER NOT NULL,
    test        INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX request_log_of ON request_log (name, id);

  -- Ids that the other side gave its messages: a second one of the same is the same message.
  CREATE TABLE known_ids (
    source  TEXT NOT NULL,
    account TEXT NOT NULL,
    id      TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (source, account, id)
  ) WITHOUT ROWID;
  CREATE INDEX known_ids_by_age ON known_ids (source, account, at);
  `,
  `
  -- Accounts at WeChat by the names that the owner knows them by: a name stays when a new login gives another bot.
  CREATE TABLE wechat_accounts (
    name     TEXT PRIMARY KEY,
    bot_id   TEXT NOT NULL,
    token    TEXT NOT NULL,
    base_url TEXT,                     -- NULL: the usual one
    user_id  TEXT,                     -- who scanned
    saved_at TEXT NOT NULL
  ) WITHOUT ROWID;

  -- Where a message needs more than one request, or more than one try.
  ALTER TABLE outbox ADD COLUMN journal TEXT;                     -- the adapter's: what was done of it so far
  ALTER TABLE outbox ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;   -- ms since the epoch; 0: at once
  ALTER TABLE outbox ADD COLUMN parked TEXT CHECK (parked IN ('peer', 'login'));   -- what it waits for; NULL: nothing
  CREATE INDEX outbox_by_seq ON outbox (seq) WHERE seq IS NOT NULL;

  -- What a notice in WeChat told of: by it an answer that quotes the notice finds its way.
  CREATE TABLE bridge_notices (
    entry INTEGER PRIMARY KEY,         -- of the outbox
    peers TEXT NOT NULL                -- JSON: addresses, in the order of the notice
  );

  -- Received, and not for the agent: the bridge passed it on, or whoever wrote it may not write.
  CREATE TABLE aside (seq INTEGER PRIMARY KEY);
  `,
]

export const SCHEMA_VERSION = STEPS.length

/** @throws StorageError when the file was written by a newer version of this program */
export function migrate(database: Database): void {
  const version = schemaVersion(database)
  if (version > SCHEMA_VERSION) throw newerSchema(version)
  for (const [index, step] of STEPS.entries()) {
    if (index < version) continue
    database.exec('BEGIN IMMEDIATE')
    try {
      database.exec(step)
      database.exec(`PRAGMA user_version = ${index + 1}`)
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }
}

export function schemaVersion(database: Database): number {
  return Number(database.get('PRAGMA user_version')?.['user_version'] ?? 0)
}

export function newerSchema(version: number): StorageError {
  return new StorageError(
    {
      en: `The data folder was written by a newer version of this program (schema ${version}; this one knows ${SCHEMA_VERSION}).`,
      zh: `数据目录由更新版本的程序写入（结构版本 ${version}；当前程序只认识 ${SCHEMA_VERSION}）。`,
    },
    {
      nextStep: {
        en: 'Update the skill, or point --data-dir at another folder. Nothing was changed.',
        zh: '请更新本技能，或用 --data-dir 指定另一个目录。未做任何改动。',
      },
    },
  )
}
