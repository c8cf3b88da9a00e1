import type { Reach } from '../../scripts/adapters/ilink/sending/reach.ts'
import type { Outbound, SendOutcome } from '../../scripts/core/adapter.ts'
import type { WechatAccounts } from '../../scripts/engine/wechat/accounts.ts'
import { accountKey, type WechatSession } from '../../scripts/engine/wechat/session.ts'
import { noSuchAccount } from '../../scripts/engine/wechat/texts.ts'

/** Accounts at WeChat that say what the test wants them to say. */
export interface FakeWechat extends Pick<WechatAccounts, 'session' | 'names' | 'changed'> {
  /** What was handed over, with the journal as it was then. */
  readonly sends: {
    readonly account: string
    readonly to: string
    readonly content: string
    readonly journal: string | null
  }[]
  /** By account, then by user: what can be sent to them; whoever is not named has never written. */
  readonly reach: Map<string, Reach>
  send: (message: Outbound, account: string) => Promise<SendOutcome> | SendOutcome
}

export const OPEN: Omit<Extract<Reach, { kind: 'open' }>, 'user'> = {
  kind: 'open',
  remaining: 10,
  of: 10,
  until: Number.MAX_SAFE_INTEGER,
  messageKey: 'm1',
}

export function createFakeWechat(names: readonly string[] = ['main']): FakeWechat {
  const sends: FakeWechat['sends'] = []
  const reach = new Map<string, Reach>()

  function sessionOf(name: string): WechatSession {
    const account = accountKey(name)
    return {
      name,
      account,
      record: {
        name,
        botId: `${name}@im.bot`,
        token: `${name}@im.bot:secret`,
        baseUrl: null,
        userId: 'Owner@im.wechat',
        savedAt: '2026-03-09T10:00:00Z',
      },
      adapter: {
        name: account,
        run: async () => {},
        async send(message: Outbound) {
          await message.begin?.()
          if (message.to.scheme !== 'wechat') throw new Error('not for WeChat')
          const journal = message.journal?.read() ?? null
          sends.push({ account, to: message.to.user, content: message.content, journal })
          return fake.send(message, account)
        },
        reach: (user: string) => reach.get(`${name}/${user}`) ?? { kind: 'never_wrote' },
        typing: { start: async () => 'shown', stop: async () => 'shown' },
      } as unknown as WechatSession['adapter'],
      context: { signal: new AbortController().signal } as WechatSession['context'],
    }
  }

  const sessions = new Map(names.map(name => [name, sessionOf(name)]))
  const fake: FakeWechat = {
    sends,
    reach,
    send: () => ({ kind: 'accepted', relationship: null }),
    names: () => [...sessions.keys()],
    changed: async () => {},
    session(name) {
      const found = sessions.get(name)
      if (found === undefined) throw noSuchAccount(name, [...sessions.keys()])
      return found
    },
  }
  return fake
}
