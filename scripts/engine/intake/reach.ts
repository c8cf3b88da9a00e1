import type { Config } from '../../core/config.ts'

/** Whether anybody may ask the daemon for anything over HTTP, and under which names. */

/** Without a webhook that comes in, and without wechat_abot, nothing listens. */
export function needsListener(config: Config | null): boolean {
  return config !== null && (config.webhooks.inbound.length > 0 || config.wechatAbot !== null)
}

/** The hosts of the addresses that a proxy of the owner maps to us. */
export function publicHosts(config: Config | null): string[] {
  if (config === null) return []
  const { listener, webhooks } = config
  const urls = [...listener.publicUrls, ...webhooks.inbound.flatMap(({ url }) => url ?? [])]
  return [...new Set(urls.map(url => new URL(url).hostname))]
}
