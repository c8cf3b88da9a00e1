import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ContactChange } from '../../scripts/core/adapter.ts'
import { applyContactChange, createContactChanges, listContacts } from '../../scripts/store/contacts.ts'
import { type Database, openForWriting } from '../../scripts/store/database.ts'
import { migrate } from '../../scripts/store/schema.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const change: fc.Arbitrary<ContactChange> = fc.record(
  {
    address: fc.constantFrom({ scheme: 'relay', id: 1 } as const, { scheme: 'relay', id: 2 } as const),
    name: fc.constantFrom('alice', 'bob', ''),
    description: fc.constantFrom('d', null),
    relationship: fc.constantFrom(
      'accepted' as const,
      'pending_incoming' as const,
      'blocked' as const,
      'none' as const,
    ),
    lastSeenAt: fc.constantFrom('2026-03-09T10:00:00Z', '2026-03-09T10:00:01Z', '2026-03-09T09:59:59Z'),
  },
  { requiredKeys: ['address'] },
)

test('what many messages say about people, summed up, is what they say one after the other', () => {
  const database = openForWriting(join(temporaryFolder(), 'state.db'), migrate)
  const fresh = (work: (database: Database) => void): unknown => {
    database.run('DELETE FROM contacts')
    work(database)
    return listContacts(database, 'a')
  }
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), changes => {
      const apart = fresh(() => {
        for (const one of changes) applyContactChange(database, 'a', one)
      })
      const together = fresh(() => {
        const sum = createContactChanges(database)
        for (const one of changes) sum.add('a', one)
        sum.write()
        assert.equal(
          sum.changedRelationships,
          changes.some(one => one.relationship !== undefined),
        )
      })
      assert.deepEqual(together, apart)
    }),
    { numRuns: 500 },
  )
  database.close()
})
