import type { TestContext } from 'node:test'
import { type Heard, listenAs } from '../../scripts/embedded/relay-listener.ts'
import { type Network, type RelayUser, registerUser } from '../../scripts/embedded/relay-user.ts'

/** Somebody on an embedded relay who listens and writes. */
export interface RelayFriend extends RelayUser {
  /** What came, oldest first; notices of the relay are left out. */
  readonly heard: readonly Heard[]
}

export async function createRelayFriend(
  t: TestContext,
  { baseUrl, name, network }: { baseUrl: string; name: string; network: Network },
): Promise<RelayFriend> {
  const user = await registerUser(baseUrl, { name }, network)
  const heard: Heard[] = []
  const end = new AbortController()
  t.after(() => end.abort())
  await listenAs(user, { ...network, signal: end.signal, onHeard: one => heard.push(one) })
  return { ...user, heard }
}
