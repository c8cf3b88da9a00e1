import type { Relationship } from '../core/adapter.ts'
import { relationshipOf } from '../store/contacts.ts'
import type { Writer } from '../store/writer.ts'

/** Each message asks how we stand to its sender: the answers are kept until one of them changes. */
export interface Relationships {
  of(account: string, peer: string): Relationship | null
  forget(): void
}

/** More people than anybody writes with at one time. */
const MOST_RELATIONSHIPS = 10_000

export function createRelationships(writer: Writer): Relationships {
  const known = new Map<string, Relationship | null>()
  let database = writer.database
  return {
    of(account, peer) {
      if (database !== writer.database || known.size > MOST_RELATIONSHIPS) {
        database = writer.database
        known.clear()
      }
      const key = `${account} ${peer}`
      const answer = known.get(key)
      if (answer !== undefined) return answer
      const fresh = relationshipOf(database, account, peer)
      known.set(key, fresh)
      return fresh
    },
    forget: () => known.clear(),
  }
}
