import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Address, parseAddress } from '../../../scripts/core/address.ts'
import { readPlace } from '../../../scripts/core/config/routes.ts'
import type { Via } from '../../../scripts/core/message.ts'
import { isFrom } from '../../../scripts/protocol/bridge/match.ts'

function from(address: string | null, via: Via) {
  const party = address === null ? null : { address: parseAddress(address) as Address, name: 'x' }
  return { from: party, via, type: 'chat', content: '' } as const
}

describe('where a message comes from', () => {
  const rows: readonly (readonly [place: string, address: string | null, via: Via, holds: boolean])[] = [
    ['any', 'relay:2', 'stream', true],
    ['any', null, 'wechat', true],
    ['relay', 'relay:2', 'poll', true],
    ['relay', null, 'stream', true],
    ['relay', null, 'wechat', false],
    ['relay', 'wechat:main/a', 'wechat', false],
    ['#2', 'relay:2', 'stream', true],
    ['#2', 'relay:22', 'stream', false],
    ['#2', null, 'stream', false],
    ['wechat', 'wechat:main/a', 'wechat', true],
    ['wechat', null, 'wechat', true],
    ['wechat:main', 'wechat:main/a', 'wechat', true],
    ['wechat:main', 'wechat:main-2/a', 'wechat', false],
    ['wechat:main', null, 'wechat', false],
    ['wechat:main/aB@x', 'wechat:main/Ab@x', 'wechat', true],
    ['wechat:main/aB@x', 'wechat:main/ab', 'wechat', false],
    ['wechat:main/aB@x', 'wechat:work/aB@x', 'wechat', false],
    ['wechat:main/me', 'wechat:main/owner@im.wechat', 'wechat', true],
    ['wechat:main/me', 'wechat:main/aB@x', 'wechat', false],
    ['wechat:work/me', 'wechat:work/Owner@im.wechat', 'wechat', false],
    ['webhook', 'webhook:ops', 'webhook', true],
    ['webhook', null, 'webhook', true],
    ['webhook:ops', 'webhook:ops', 'webhook', true],
    ['webhook:ops', 'webhook:log', 'webhook', false],
    ['webhook:ops', null, 'webhook', false],
    ['relay', 'relay:1', 'send', false],
    ['relay', 'relay:2', 'import', false],
    ['any', 'relay:1', 'send', true],
  ]
  for (const [place, address, via, holds] of rows) {
    test(`${address ?? 'nobody who is known'} by ${via} is ${holds ? '' : 'not '}from ${place}`, () => {
      const read = readPlace(place)
      assert.ok(read !== null)
      assert.equal(
        isFrom(read, from(address, via), account => (account === 'main' ? 'Owner@im.wechat' : null)),
        holds,
      )
    })
  }
})
