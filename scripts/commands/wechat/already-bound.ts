import { checkToken } from '../../adapters/ilink/check-token.ts'
import type { IlinkFacts } from '../../adapters/ilink/options.ts'
import type { Clock } from '../../core/clock.ts'
import { ConfigError, UnreachableError } from '../../core/errors.ts'
import type { FetchLike } from '../../core/fetch.ts'
import type { WechatAccount } from '../../store/wechat-accounts.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { sayFailed } from './login-failures.ts'

export interface BoundOptions {
  readonly accounts: readonly WechatAccount[]
  readonly facts: IlinkFacts
  /** Where an account has none of its own. */
  readonly baseUrl: string | null
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** "Success, but verify the stored token" (IL "What users hit" 13). WeChat does not say which account it means. */
export async function checkBound(context: CommandContext, options: BoundOptions): Promise<number> {
  const { accounts, baseUrl, ...how } = options
  const valid: string[] = []
  const unclear: string[] = []
  for (const account of accounts) {
    const credentials = { ...account, baseUrl: account.baseUrl ?? baseUrl }
    const found = await checkToken({ ...how, credentials })
    context.interrupted.throwIfAborted()
    if (found === 'valid') valid.push(account.name)
    else if (found === 'unclear') unclear.push(account.name)
  }
  if (valid.length === 0) throw unclear.length === 0 ? noneValid(context) : unanswered(unclear, context)
  if (context.json) {
    context.print(JSON.stringify({ state: 'already_bound', accounts: valid }))
    return DONE
  }
  const t = speaker(context)
  const names = valid.join(', ')
  context.print(
    t(
      `Whoever scanned is signed in here already, and the login is valid: ${names}. There is nothing to do.`,
      `扫描者已在此处登录，且登录有效：${names}。无需任何操作。`,
    ),
  )
  context.print(t(`How it is: wechat status ${valid[0]}`, `查看状态：wechat status ${valid[0]}`))
  return DONE
}

function noneValid(context: CommandContext): ConfigError {
  sayFailed('bound_but_not_valid', context)
  return new ConfigError(
    {
      en: 'WeChat says that this is signed in here already, but takes none of the logins that are kept here. Nothing was changed.',
      zh: '微信称此处已经登录，但不接受此处保存的任何登录。未做任何改动。',
    },
    {
      nextStep: {
        en: 'Run "wechat login --new": it asks for a new binding, and the account keeps its name.',
        zh: '请运行 "wechat login --new"：重新绑定，账号名称不变。',
      },
    },
  )
}

function unanswered(names: readonly string[], context: CommandContext): UnreachableError {
  sayFailed('bound_but_unclear', context)
  return new UnreachableError(
    {
      en: `WeChat says that this is signed in here already, but did not answer whether ${names.join(', ')} is valid. Nothing was changed.`,
      zh: `微信称此处已经登录，但没有答复 ${names.join('、')} 是否有效。未做任何改动。`,
    },
    {
      reason: 'unclear',
      nextStep: {
        en: 'Look with "wechat status" whether it is connected; if not, run "wechat login --new".',
        zh: '请用 "wechat status" 查看是否已连接；若没有，请运行 "wechat login --new"。',
      },
    },
  )
}
