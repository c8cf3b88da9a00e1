import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openForReading, openForWriting } from '../../scripts/store/database.ts'
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../scripts/store/schema.ts'
import {
  dropSink,
  fanOutPosition,
  followSinks,
  handedOnSeq,
  moveFanOut,
  pauseSink,
  resumeSink,
  sinkStarts,
  sinkState,
  sinkStates,
} from '../../scripts/store/sinks.ts'
import { createMessageStore, type MessageStore } from '../support/message-store.ts'
import { backToVersion } from '../support/older-schema.ts'

const starts = ({ database }: MessageStore) => Object.fromEntries(sinkStarts(database))

describe('sinks that are followed', () => {
  test('begin behind the last message, and go on from there however often that is said', () => {
    const store = createMessageStore()
    store.add()
    followSinks(store.database, ['a'])
    store.add()
    followSinks(store.database, ['a', 'b'])
    assert.deepEqual(starts(store), { a: 1, b: 2 })
  })

  test('begin anew after they were not; what is known of them stays', () => {
    const store = createMessageStore()
    followSinks(store.database, ['a'])
    pauseSink(store.database, 'a', 'http_410')
    store.add()
    followSinks(store.database, [])
    assert.deepEqual(starts(store), {})
    assert.equal(sinkState(store.database, 'a')?.paused, 'http_410')
    followSinks(store.database, ['a'])
    assert.deepEqual(starts(store), { a: 1 })
    resumeSink(store.database, 'a')
    assert.equal(sinkState(store.database, 'a')?.paused, null)
  })

  test('that were dropped are not known, until they are followed again', () => {
    const store = createMessageStore()
    followSinks(store.database, ['a'])
    dropSink(store.database, 'a')
    assert.equal(sinkState(store.database, 'a'), null)
    store.add()
    followSinks(store.database, ['a'])
    assert.deepEqual(starts(store), { a: 1 })
  })
})

describe('messages wait for whoever hands them on', () => {
  test('up to where that has come, and for nobody without a sink', () => {
    const store = createMessageStore()
    assert.equal(handedOnSeq(store.database), Number.POSITIVE_INFINITY)
    for (let n = 0; n < 5; n++) store.add()
    followSinks(store.database, ['a'])
    assert.equal(handedOnSeq(store.database), 5)
    for (let n = 0; n < 5; n++) store.add()
    assert.equal(handedOnSeq(store.database), 5)
    moveFanOut(store.database, 7)
    assert.deepEqual([fanOutPosition(store.database), handedOnSeq(store.database)], [7, 7])
    followSinks(store.database, ['a', 'b'])
    assert.equal(handedOnSeq(store.database), 7)
    followSinks(store.database, [])
    assert.equal(handedOnSeq(store.database), Number.POSITIVE_INFINITY)
  })
})

describe('a database of version 2', () => {
  function asItWas(): MessageStore {
    const store = createMessageStore()
    for (let n = 0; n < 3; n++) store.add({ content: `message ${n}` })
    backToVersion(store.database, 2)
    return store
  }

  test('is read as one without sinks', () => {
    const store = asItWas()
    const database = openForReading(store.folder.file('state.db'))
    assert.ok(database !== null)
    assert.deepEqual(sinkStates(database), [])
    assert.equal(sinkState(database, 'a'), null)
    assert.equal(handedOnSeq(database), Number.POSITIVE_INFINITY)
    database.close()
  })

  test('becomes one of today with its messages, and no sink takes any of them', () => {
    const store = asItWas()
    store.database.close()
    const database = openForWriting(store.folder.file('state.db'), migrate)
    assert.equal(schemaVersion(database), SCHEMA_VERSION)
    assert.equal(database.get('SELECT count(*) AS n FROM messages')?.['n'], 3)
    followSinks(database, ['a'])
    assert.deepEqual([...sinkStarts(database)], [['a', 3]])
    database.close()
  })
})
