import type { ContactChange, IncomingMessage, Relationship } from '../../core/adapter.ts'
import type { Flags } from '../../core/message.ts'
import { SYSTEM_PARTY } from '../../protocol/record-line.ts'
import { parseBlock, type RelayBlock } from '../../protocol/relay/block.ts'
import { type ProfileLookup, resolveSender } from '../../protocol/relay/sender.ts'

export interface Known {
  readonly profileOf: ProfileLookup
  readonly relationshipWith: (id: number) => Relationship | null
}

/**
 * What one block says (RC §8). Nothing is guessed: a block that is none becomes `unparsed`, a sender who can not be
 * told apart from an imitator becomes unverified, or unresolved while profiles may still decide.
 *
 * @param flags such as `state=partial` when the text was cut at its end
 */
export function understand(text: string, known: Known, flags: Flags = {}): IncomingMessage {
  const partial = flags['state'] === 'partial'
  const block = parseBlock(text, { partial })
  if (block === null) return unparsed(text, flags)
  return block.kind === 'notice' ? notice(block, flags) : statement(block, known, flags)
}

export function unparsed(text: string, flags: Flags = {}): IncomingMessage {
  return { parsed: { type: 'unparsed', at: null, from: null, content: text, flags } }
}

function notice(block: Extract<RelayBlock, { kind: 'notice' }>, flags: Flags): IncomingMessage {
  const address = { scheme: 'relay', id: block.peerId } as const
  return {
    parsed: {
      type: 'system',
      at: block.at,
      from: SYSTEM_PARTY,
      content: block.content,
      flags: { peer: `#${block.peerId}`, ...flags },
    },
    contact: { address, name: block.peerName, relationship: 'accepted' },
  }
}

function statement(block: Exclude<RelayBlock, { kind: 'notice' }>, known: Known, flags: Flags): IncomingMessage {
  const { kind: type, at } = block
  const sender = resolveSender({ ...block, partial: flags['state'] === 'partial' }, known.profileOf)
  if (sender.kind !== 'known') {
    return {
      parsed: { type, at, from: null, content: block.statement, flags },
      unresolved: sender.kind === 'needs_profiles',
    }
  }

  const address = { scheme: 'relay', id: sender.id } as const
  const isRequest = type === 'friend_request'
  const contact: ContactChange = {
    address,
    name: sender.name,
    lastSeenAt: at,
    ...(isRequest ? { relationship: 'pending_incoming' } : {}),
  }
  return {
    parsed: {
      type,
      at,
      from: { address, name: sender.name },
      content: sender.content,
      flags: sender.imitates === null ? flags : { imitates: `#${sender.imitates}`, ...flags },
    },
    contact,
    // RC §9: when both write first at the same moment, one message arrives as request and as chat.
    mayHaveTwin: isRequest || known.relationshipWith(sender.id) !== 'accepted',
  }
}
