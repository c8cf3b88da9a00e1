import { type Bot, startIlinkSimulator } from '../scripts/embedded/ilink/simulator.ts'
import { contentOf, scramble } from './messages.ts'
import { now } from './time.ts'

/** WeChat as the bench has it: the simulator in a process of its own, so that its work is on nobody's account. */

export type WechatOrder =
  /** So many messages to each of these accounts, by its people in turn; nobody gets them yet. */
  | { readonly kind: 'fill'; readonly accounts: readonly number[]; readonly first: number; readonly count: number }
  /** Lets polls take what waits, and writes one more message to each of these, which wakes those that are held. */
  | { readonly kind: 'open'; readonly accounts: readonly number[]; readonly last: number }
  | { readonly kind: 'count' }

export type WechatReport =
  | { readonly kind: 'listening'; readonly url: string; readonly cdnUrl: string; readonly bots: readonly Bot[] }
  | { readonly kind: 'filled' }
  | { readonly kind: 'opened'; readonly at: number }
  | ({ readonly kind: 'counted' } & WechatCounts)

export interface WechatCounts {
  /** Since the start. */
  readonly polls: number
  /** Polls that are held now. */
  readonly held: number
  readonly secondPolls: number
  readonly violations: number
  /** How often each account said that it comes and goes. */
  readonly notices: readonly { readonly starts: number; readonly stops: number }[]
}

/** Who writes to an account: the one who scanned is the first. */
export const PEOPLE_EACH = 5

export function personOf(account: number, n: number): string {
  return `Person-${account}-${n % PEOPLE_EACH}@im.wechat`
}

/** What message `n` to an account begins with, wherever it is shown. */
export function markOf(account: number, n: number): string {
  return `w${account}.${n};`
}

const BATCH = 50

async function serve(accounts: number): Promise<void> {
  const { url, cdnUrl, controls, phone } = await startIlinkSimulator({ settings: { batchSize: 0 } })
  const bots = Array.from({ length: accounts }, (_, account) => controls.bind(personOf(account, 0)))

  function write(account: number, n: number): void {
    const text = `${markOf(account, n)} ${contentOf(scramble(account) + n)}`
    phone.write({ kind: 'text', text }, { from: personOf(account, n), bot: bots[account]?.id ?? '' })
  }

  process.on('message', received => {
    const order = received as WechatOrder
    switch (order.kind) {
      case 'fill':
        for (let n = order.first; n < order.first + order.count; n++) for (const one of order.accounts) write(one, n)
        tell({ kind: 'filled' })
        break
      case 'open': {
        const at = now()
        controls.set({ batchSize: BATCH })
        for (const one of order.accounts) write(one, order.last)
        tell({ kind: 'opened', at })
        break
      }
      case 'count':
        tell({
          kind: 'counted',
          polls: controls.requestCount('/getupdates'),
          held: bots.reduce((sum, { id }) => sum + controls.held(id), 0),
          secondPolls: controls.secondPolls(),
          violations: controls.violations().length,
          notices: controls.bots().map(({ starts, stops }) => ({ starts, stops })),
        })
    }
  })
  tell({ kind: 'listening', url, cdnUrl, bots })
}

function tell(report: WechatReport): void {
  process.send?.(report)
}

if (import.meta.main) {
  process.on('disconnect', () => process.exit())
  await serve(Number(process.argv[2]))
}
