import { z } from 'zod'
import { utcSeconds } from '../../core/clock.ts'
import { ACCOUNT_NAME } from '../../core/config/wechat.ts'
import { userKey } from '../../protocol/ilink/account.ts'
import type { Credentials } from '../../protocol/ilink/login.ts'
import { forgetMemos } from '../../store/memos.ts'
import {
  listWechatAccounts,
  removeWechatAccount,
  saveWechatAccount,
  type WechatAccount,
} from '../../store/wechat-accounts.ts'
import { ABOT_ACCOUNT } from '../abot-address.ts'
import { accountKey } from '../wechat/session.ts'
import { noSuchAccount } from '../wechat/texts.ts'
import type { Action } from './action.ts'
import { withdrawAll } from './wechat-withdraw.ts'

export interface WechatSaveParams {
  /** For somebody who has no account here yet. Left out: the next usual one. */
  readonly name?: string | undefined
  readonly credentials: Credentials
}

export interface WechatSaved {
  /** Not always the one that was asked for: a name never changes hands. */
  readonly account: string
  /** They had an account here already, and keep its name. */
  readonly renewed: boolean
}

const USUAL_NAME = 'main'
const LONGEST_NAME = 40

const CREDENTIALS = z.object({
  token: z.string().min(1).max(4096),
  botId: z.string().min(1).max(256),
  baseUrl: z.string().max(8192).nullable(),
  userId: z.string().max(256).nullable(),
})

/** What a login brought. Saved twice it is the same as saved once. */
export const wechatSave: Action<WechatSaveParams, WechatSaved> = {
  name: 'wechat-save',
  params: z.object({ name: z.string().regex(ACCOUNT_NAME).optional(), credentials: CREDENTIALS }),
  async run({ name = USUAL_NAME, credentials }, { writer, clock, wechat }) {
    const savedAt = utcSeconds(clock.now())
    const saved = await writer.write(database => {
      const accounts = listWechatAccounts(database)
      const known = accounts.find(one => isOfSamePerson(one, credentials))
      const account = known?.name ?? freeName(name, new Set([ABOT_ACCOUNT, ...accounts.map(one => one.name)]))
      // A command that asks again must not make the login look newer than what the account has said since.
      if (known?.token !== credentials.token) saveWechatAccount(database, { ...credentials, name: account, savedAt })
      return { account, renewed: known !== undefined }
    })
    await wechat.changed()
    return saved
  },
}

/** A new login gives another bot to the same person (IL §3). */
function isOfSamePerson(account: WechatAccount, { userId, botId }: Credentials): boolean {
  if (account.botId === botId) return true
  return account.userId !== null && userId !== null && userKey(account.userId) === userKey(userId)
}

/** `main`, `main-2`, … */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted
  for (let n = 2; taken.has(name); n++) {
    const end = `-${n}`
    name = `${wanted.slice(0, LONGEST_NAME - end.length)}${end}`
  }
  return name
}

export interface WechatLoggedOut {
  readonly account: string
  /** Messages that waited, and are not sent any more. */
  readonly not_sent: number
}

/** Messages stay; what is only of use with the account goes with it. */
export const wechatLogout: Action<{ account: string }, WechatLoggedOut> = {
  name: 'wechat-logout',
  params: z.object({ account: z.string().max(60) }),
  async run({ account }, context) {
    const { writer, wechat, projector } = context
    const sink = accountKey(account)
    const names = listWechatAccounts(writer.database).map(one => one.name)
    if (!names.includes(account)) throw noSuchAccount(account, names)
    // First what nobody has begun: while the account is there, it still says who wrote it.
    let notSent = await withdrawAll(context, sink, { waitMs: 0 })
    await writer.write(database => {
      removeWechatAccount(database, account)
      forgetMemos(database, { source: sink, account: sink })
    })
    await wechat.changed()
    notSent += await withdrawAll(context, sink, { waitMs: HEAR_OUT_MS })
    // Its poll or a message that was under way may have noted something until it ended.
    await writer.write(database => forgetMemos(database, { source: sink, account: sink }))
    await projector.flush()
    return { account, not_sent: notSent }
  },
}

/** A request that was made is heard to its end (design §3). */
const HEAR_OUT_MS = 40_000
