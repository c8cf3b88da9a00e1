import assert from 'node:assert/strict'
import { createParser } from 'eventsource-parser'
import { readInboxReply } from '../../scripts/adapters/relay/read-inbox.ts'
import { type Known, understand } from '../../scripts/adapters/relay/understand.ts'
import type { IncomingMessage } from '../../scripts/core/adapter.ts'
import { profileText } from '../../scripts/embedded/relay/people-text.ts'
import { parseBlock } from '../../scripts/protocol/relay/block.ts'
import { parseProfile } from '../../scripts/protocol/relay/profile.ts'
import { classifyReply } from '../../scripts/protocol/relay/reply.ts'
import { resolveSender } from '../../scripts/protocol/relay/sender.ts'
import { createSseGuard, restoreData } from '../../scripts/protocol/sse-guard.ts'
import type { World } from './hostile-world.ts'

/** Reads as the adapter does: at once where that is possible, with the profiles that it asks for otherwise. */
export interface Reader {
  readonly known: Known
  /** What the resolver makes of a message that is not settled yet. */
  settle(message: IncomingMessage, payload: string): IncomingMessage
}

/** @param unreachable of these users no profile can be had */
export function createReader({ users }: World, unreachable: ReadonlySet<number> = new Set()): Reader {
  const heads = new Map<number, string | null>()
  const known: Known = { profileOf: id => heads.get(id), relationshipWith: () => null }

  function ask(id: number): string | null {
    const user = users.find(one => one.id === id)
    if (user === undefined) return null
    const answer = classifyReply(200, profileText(user))
    assert.equal(answer.kind, 'text', `the profile of #${id} is taken for a refusal`)
    const head = parseProfile(profileText(user), id)?.head
    assert.ok(head !== undefined, `the profile of #${id} is taken for none`)
    return head
  }

  return {
    known,
    settle(message, payload) {
      if (message.unresolved !== true) return message
      const { flags } = message.parsed
      const partial = flags['state'] === 'partial'
      const block = parseBlock(payload, { partial })
      assert.ok(block !== null && block.kind !== 'notice')
      const result = resolveSender({ ...block, partial }, known.profileOf)
      for (const id of result.kind === 'needs_profiles' ? result.ids : []) {
        if (unreachable.has(id)) return message
        heads.set(id, ask(id))
      }
      const settled = understand(payload, known, flags)
      assert.notEqual(settled.unresolved, true, 'every profile was read')
      return settled
    },
  }
}

/** The payloads of a stream as the guard and the parser hand them on. */
export function readStream(bytes: Uint8Array, bound?: number): { payload: string; cut: string | null }[] {
  const events: { payload: string; cut: string | null }[] = []
  const guard = createSseGuard(bound)
  const parser = createParser({ onEvent: ({ data }) => events.push(restoreData(data)) })
  for (const part of [guard.feed(bytes), guard.end()]) parser.feed(new TextDecoder().decode(part))
  return events
}

export function readInbox(text: string | Uint8Array, known: Known, complete = true) {
  const body = Buffer.from(text)
  const reply = { status: 200, contentType: 'text/plain; charset=utf-8', retryAfter: null, body, complete }
  return readInboxReply(reply, known)
}

/** The bytes of each message of a reply, as the store cuts them out. */
export function payloadsOf(outcome: { payload: { body: Uint8Array; messages: readonly IncomingMessage[] } }): string[] {
  const { body, messages } = outcome.payload
  return messages.map(one => Buffer.from(body.subarray(one.span?.from ?? 0, one.span?.to ?? body.length)).toString())
}
