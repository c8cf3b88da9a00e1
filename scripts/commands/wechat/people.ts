import { readPeerToken } from '../../adapters/ilink/memos.ts'
import { type IlinkOptions, ilinkCdnUrl, ilinkSettings } from '../../adapters/ilink/options.ts'
import { reachOf } from '../../adapters/ilink/sending/reach.ts'
import type { Memo } from '../../core/adapter.ts'
import { createBell } from '../../core/bell.ts'
import { type Clock, utcSeconds } from '../../core/clock.ts'
import type { WechatConfig } from '../../core/config/wechat.ts'
import type { Database } from '../../store/database.ts'
import { memosStarting } from '../../store/memos.ts'
import type { WechatAccount } from '../../store/wechat-accounts.ts'
import { waitingByPerson } from '../../store/wechat-waiting.ts'
import { clientFacts } from './configured.ts'

/** One who wrote to an account, and what they can be sent now. */
export interface Person {
  /** As WeChat spells them. */
  readonly user: string
  readonly state: 'open' | 'used_up' | 'too_old' | 'not_allowed'
  /** Sends that are left; null: none can be made to them at all. */
  readonly remaining: number | null
  readonly of: number | null
  readonly until_utc: string | null
  readonly last_wrote_utc: string
  readonly waiting: number
}

const TOKEN = 'token:'

/** Who wrote last comes first. Reads what the account has noted, and asks nobody. */
export function peopleOf(
  database: Database,
  account: WechatAccount,
  { config, clock }: { config: WechatConfig; clock: Clock },
): Person[] {
  const sink = `wechat:${account.name}`
  const noted = memosStarting(database, { source: sink, account: sink, prefix: '' })
  const memo: Memo = { get: key => noted.get(key), set: () => Promise.resolve() }
  const waiting = waitingByPerson(database, sink)
  const options: IlinkOptions = {
    account: account.name,
    facts: clientFacts(config, ''),
    cdnUrl: ilinkCdnUrl(config),
    credentials: () => account,
    settings: () => ilinkSettings(config, account.name),
    changed: createBell(),
  }
  return [...noted.keys()]
    .filter(key => key.startsWith(TOKEN))
    .flatMap(key => readPeerToken(memo, { user: key.slice(TOKEN.length), botToken: account.token }) ?? [])
    .sort((a, b) => b.wroteAt - a.wroteAt)
    .flatMap(({ user, wroteAt }) => {
      const reach = reachOf(options, user, { memo, clock })
      if (reach.kind === 'never_wrote') return []
      const isKnown = reach.kind !== 'not_allowed'
      return {
        user,
        state: reach.kind,
        remaining: reach.kind === 'open' ? reach.remaining : isKnown ? 0 : null,
        of: isKnown ? reach.of : null,
        until_utc: isKnown ? utcSeconds(reach.until) : null,
        last_wrote_utc: utcSeconds(wroteAt),
        waiting: waiting.get(`${sink}/${user}`.toLowerCase()) ?? 0,
      }
    })
}
