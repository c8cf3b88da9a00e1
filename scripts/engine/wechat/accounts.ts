import { createIlinkAdapter } from '../../adapters/ilink/adapter.ts'
import { ilinkCdnUrl, ilinkFacts, ilinkSettings } from '../../adapters/ilink/options.ts'
import { type Bell, createBell } from '../../core/bell.ts'
import { USUAL_WECHAT, type WechatConfig } from '../../core/config/wechat.ts'
import type { Config } from '../../core/config.ts'
import { errorCode } from '../../core/errors.ts'
import type { DataFolder } from '../../store/data-folder.ts'
import {
  listWechatAccounts,
  readWechatAccount,
  saveWechatAccount,
  type WechatAccount,
} from '../../store/wechat-accounts.ts'
import type { Writer } from '../../store/writer.ts'
import { createContext, type Shared } from '../context.ts'
import { createPoller, type Poller } from './poller.ts'
import { accountKey, type WechatSession } from './session.ts'
import { noSuchAccount } from './texts.ts'

/**
 * The accounts at WeChat: each with its own adapter, poll, cursor, tokens and state. What the store and the configuration
 * name is brought about by starting, stopping and keeping: whoever did not change is not disturbed (IL §16).
 */
export interface WechatAccounts {
  /** The configuration in force; null: there has never been a valid one, and the usual settings hold. */
  apply(config: Config | null): void
  /** The accounts in the store changed. Resolves when who was removed has stopped. */
  changed(): Promise<void>
  names(): string[]
  /** @throws ConfigError */
  session(name: string): WechatSession
  /** A damaged database was replaced: it gets to know the accounts again. */
  repeat(): void
  stop(): Promise<void>
}

export interface WechatAccountsOptions {
  readonly shared: Shared
  readonly writer: Writer
  readonly folder: DataFolder
  /** null: no second lock (`--no-identity-lock`). */
  readonly stateFolder: string | null
  readonly version: string
  /** false: messages are sent, and none are fetched. */
  readonly polls: boolean
  /** @param users as WeChat spells them */
  readonly onWrote: (account: string, users: readonly string[]) => void
  /** It is known there (again): who logged in, or that nobody has to. */
  readonly onLogin: (account: string) => void
}

interface Current {
  record: WechatAccount
  readonly session: WechatSession
  readonly abort: AbortController
  readonly changed: Bell
  readonly poller: Poller | null
}

export function createWechatAccounts(options: WechatAccountsOptions): WechatAccounts {
  const { shared, writer, polls } = options
  const { log, board } = shared
  const accounts = new Map<string, Current>()
  let settings = USUAL_WECHAT
  let stopped = false
  /** One after the other: an account that stops must have stopped before it starts again. */
  let last: Promise<void> = Promise.resolve()

  function begin(record: WechatAccount): void {
    const abort = new AbortController()
    const changed = createBell()
    const account = accountKey(record.name)
    const current: Pick<Current, 'record'> = { record }
    const adapter = createIlinkAdapter({
      account: record.name,
      facts: ilinkFacts(settings, options.version),
      cdnUrl: ilinkCdnUrl(settings),
      credentials: () => ({ ...current.record, baseUrl: current.record.baseUrl ?? settings.baseUrl }),
      settings: () => ilinkSettings(settings, record.name),
      changed,
      onWrote: users => options.onWrote(account, users),
    })
    const context = createContext(shared, { name: adapter.name, account, signal: abort.signal })
    const session: WechatSession = {
      name: record.name,
      account,
      get record() {
        return current.record
      },
      adapter,
      context,
    }
    const poller = polls ? createPoller(session, { ...options, onConnected: () => options.onLogin(account) }) : null
    accounts.set(record.name, Object.assign(current, { session, abort, changed, poller }))
    poller?.start()
  }

  async function end({ abort, poller }: Current): Promise<void> {
    abort.abort(new DOMException('The account is not used any more', 'AbortError'))
    await poller?.stop()
  }

  async function reconcile(): Promise<void> {
    if (stopped) return
    // As a write: a database that refuses just now is waited for.
    const wanted = await writer.write(listWechatAccounts)
    if (stopped) return
    const gone = [...accounts.values()].filter(({ record }) => !wanted.some(({ name }) => name === record.name))
    await Promise.all(
      gone.map(async one => {
        accounts.delete(one.record.name)
        await end(one)
        await board.remove(`adapter:${one.session.account}`)
      }),
    )
    await Promise.all(
      wanted.map(async record => {
        const known = accounts.get(record.name)
        if (known?.record.token === record.token) {
          known.record = record
          return
        }
        if (known === undefined) begin(record)
        else await renew(known, record)
        options.onLogin(accountKey(record.name))
      }),
    )
  }

  /** Another bot is another identity: the poll of the one before has ended before the next begins. */
  async function renew(known: Current, record: WechatAccount): Promise<void> {
    known.record = record
    known.changed.ring()
    await known.poller?.restart()
  }

  /** What adapters are made with is different now: all of them are made anew. */
  async function remake(): Promise<void> {
    const before = [...accounts.values()]
    accounts.clear()
    await Promise.all(before.map(end))
    await reconcile()
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    const mine = last.then(work)
    last = mine.catch(error => {
      writer.suspect(error)
      log.error('the accounts at WeChat could not be brought up to date', { error: errorCode(error) })
    })
    return mine
  }

  return {
    apply(config) {
      const next = config?.wechat ?? USUAL_WECHAT
      const isOther = shapeOf(next) !== shapeOf(settings)
      settings = next
      void inTurn(isOther ? remake : reconcile).catch(() => undefined)
      for (const { changed } of accounts.values()) changed.ring()
    },
    changed: () => inTurn(reconcile),
    names: () => [...accounts.keys()],
    session(name) {
      const known = accounts.get(name)
      if (known === undefined) throw noSuchAccount(name, [...accounts.keys()])
      return known.session
    },
    repeat() {
      const known = [...accounts.values()].map(({ record }) => record)
      if (known.length === 0) return
      writer
        .write(database => {
          for (const record of known) {
            if (readWechatAccount(database, record.name) === null) saveWechatAccount(database, record)
          }
        })
        .catch(error => log.error('accounts were not noted', { error: errorCode(error) }))
    },
    async stop() {
      stopped = true
      await last
      await Promise.all([...accounts.values()].map(end))
    },
  }
}

function shapeOf({ baseUrl, cdnUrl, botAgent, routeTag }: WechatConfig): string {
  return JSON.stringify([baseUrl, cdnUrl, botAgent, routeTag])
}
