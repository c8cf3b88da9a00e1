import type { TestContext } from 'node:test'
import { createTransport } from '../../scripts/adapters/transport.ts'
import type { FetchLike } from '../../scripts/core/fetch.ts'

/** The real way out to receivers, until the test is over. */
export function pushTransport(t: TestContext): FetchLike {
  const transport = createTransport({ http: '', https: '', except: '' }, { forPushes: true })
  t.after(() => transport.close())
  return transport.fetch
}
