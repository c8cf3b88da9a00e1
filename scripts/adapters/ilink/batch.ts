import type { AdapterContext, IncomingMessage, IncomingPayload } from '../../core/adapter.ts'
import type { ReceivedMessage } from '../../protocol/ilink/updates.ts'
import { cursorMemo, isAmong, type PeerToken, readPeerToken, tokenMemo, tokensOfMoment } from './memos.ts'
import {
  isWelcome,
  type Quoted,
  type Readable,
  referencesOf,
  type Surroundings,
  understand,
  unparsed,
} from './understand.ts'

export interface Batch {
  readonly body: Uint8Array
  readonly messages: readonly ReceivedMessage[]
  /** null: the old one stays. */
  readonly cursor: string | null
}

interface Account extends Omit<Surroundings, 'lookUp'> {
  readonly botToken: string
}

/**
 * What a poll brought, as one commit: the messages, how far they were read, and by what each sender can be answered
 * (IL "What users hit" 5 and 8). null: there is nothing to write.
 */
export function payloadOf(
  { body, messages, cursor }: Batch,
  account: Account,
  ctx: Pick<AdapterContext, 'memo' | 'lookUp' | 'clock'>,
): IncomingPayload | null {
  const { botToken } = account
  const wanted = messages.filter(({ message }) => message?.isEcho !== true)
  const read = wanted.filter(isReadable)
  const around: Surroundings = { ...account, lookUp: quotedAmong(read, ctx) }
  const incoming = wanted.map((received): IncomingMessage => {
    const { span } = received
    if (isReadable(received)) return { ...understand(received, around), span }
    return { ...unparsed(body.subarray(span.from, span.to), received.key), span }
  })
  const memos = { ...tokensOf(read, { botToken, ctx }), ...(cursor === null ? {} : cursorMemo(botToken, cursor)) }
  if (incoming.length === 0 && Object.keys(memos).length === 0) return null
  return { via: 'wechat', body, messages: incoming, memos }
}

/** Who wrote to us and may do so, as WeChat spells them. What is handed out again counts too: it does no harm. */
export function writersIn(messages: readonly ReceivedMessage[], account: Pick<Surroundings, 'isAllowed'>): string[] {
  const welcome = messages.filter(isReadable).filter(({ message }) => !message.isEcho && isWelcome(message, account))
  return [...new Set(welcome.flatMap(({ message }) => message.from ?? []))]
}

function isReadable(received: ReceivedMessage): received is ReceivedMessage & Readable {
  return received.message !== null
}

/** A quote may mean a message of the same answer, which is not stored yet. */
function quotedAmong(read: readonly Readable[], { lookUp }: Pick<AdapterContext, 'lookUp'>): Surroundings['lookUp'] {
  const here = new Map<string, Quoted>()
  for (const { message } of read) {
    for (const reference of referencesOf(message)) here.set(reference, { seq: null, content: message.text })
  }
  return references => {
    const stored = lookUp(references)
    if (stored !== null) return stored
    for (const reference of references) {
      const found = here.get(reference)
      if (found !== undefined) return found
    }
    return null
  }
}

/** Their clock may be wrong, but not by more: one that is ahead for ever would keep every later token away. */
const MOST_AHEAD_MS = 24 * 3_600_000

/** The newest of each sender, whoever they are: whether they may write is another question, and may be answered later. */
function tokensOf(
  read: readonly Readable[],
  { botToken, ctx }: { botToken: string; ctx: Pick<AdapterContext, 'memo' | 'clock'> },
): Readonly<Record<string, string>> {
  const memos: Record<string, string> = {}
  const memo = { get: (key: string) => memos[key] ?? ctx.memo.get(key) }
  const now = ctx.clock.now()
  for (const { message, key } of read) {
    const { from: user, contextToken: token, atMs, groupId } = message
    // That of a group would answer into the group.
    if (user === null || token === null || groupId !== null) continue
    const wroteAt = atMs === null || atMs > now + MOST_AHEAD_MS ? now : atMs
    const peer: PeerToken = { user, token, wroteAt, messageKey: key }
    // A message that is handed out again half an hour later brings its old token again.
    const known = readPeerToken(memo, { user, botToken })
    const before = known?.wroteAt === wroteAt ? tokensOfMoment(memo, { user }) : []
    // Under whatever id: no new budget comes with it, also where several were written in the same moment.
    const isAgain = isAmong(before, token)
    if (known === null || (known.wroteAt <= wroteAt && !isAgain))
      Object.assign(memos, tokenMemo(botToken, peer, before))
  }
  return memos
}
