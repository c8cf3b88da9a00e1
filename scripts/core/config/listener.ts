import { z } from 'zod'
import { field, section } from './fields.ts'
import { isWebhookUrl, WEBHOOK_URL_TAKES } from './places.ts'

/** Where the daemon takes requests: on this machine, and only when there is something to take in (OI §4.2, §5.5). */
export interface ListenerConfig {
  /** 0: a free one. */
  readonly port: number
  /** Addresses under which a proxy of the owner reaches it: their hosts are accepted. */
  readonly publicUrls: readonly string[]
}

/** OI §4.5 */
const USUAL_PORT = 8088

export const LISTENER_SECTION = section({
  port: field(z.int().min(0).max(65_535).default(USUAL_PORT), {
    en: 'a port from 1 to 65535, or 0 for a free one',
    zh: '1 到 65535 的端口，或 0 表示任意空闲端口',
  }),
  publicUrls: field(z.array(z.string().refine(isWebhookUrl)).max(100).default([]), {
    en: `a list: each one ${WEBHOOK_URL_TAKES.en}`,
    zh: `列表：每项为${WEBHOOK_URL_TAKES.zh}`,
  }),
})

type Typed = z.output<typeof LISTENER_SECTION.schema>

export function readListener(typed: Typed | null | undefined): ListenerConfig {
  return typed ?? { port: USUAL_PORT, publicUrls: [] }
}
