import type { Adapter, AdapterContext } from '../../core/adapter.ts'
import type { IlinkOptions } from './options.ts'
import { runSource } from './source.ts'

/** Personal WeChat by iLink: a source by its long poll. */
export interface IlinkAdapter extends Adapter {
  run(ctx: AdapterContext): Promise<void>
}

export function createIlinkAdapter(options: IlinkOptions): IlinkAdapter {
  return { name: `wechat:${options.account}`, run: ctx => runSource(options, ctx) }
}
