import { z } from 'zod'
import { ConfigError } from '../../core/errors.ts'
import { excerptOf } from '../../protocol/page-excerpt.ts'
import { keepBytes, readOwnersFile } from '../../store/kept-files.ts'
import type { Action } from './action.ts'

/** RC §3 and §5. */
const LARGEST_PAGE_BYTES = 512 * 1024

export interface HomepagePut {
  /** As the relay tells it; behind TLS its scheme may be wrong. */
  readonly address: string
  readonly bytes: number
}

export const homepagePut: Action<{ file: string }, HomepagePut> = {
  name: 'homepage-put',
  params: z.object({ file: z.string() }),
  async run({ file }, context) {
    const { adapter, context: ctx } = context.relay()
    const html = await readOwnersFile(file, LARGEST_PAGE_BYTES)
    checkPage(html)
    await keepBytes(context.folder, html, 'html')
    const progress = (done: number) => context.progress({ done, total: html.length })
    const address = await adapter.requests(ctx).putHomepage(html, progress)
    return { address, bytes: html.length }
  },
}

export interface HomepageGot {
  readonly id: number
  readonly address: string
  /** The copy, within the data folder: somebody else's page, never to be run or followed. */
  readonly saved_as: string
  readonly bytes: number
  readonly title: string
  readonly excerpt: string
}

export const homepageGet: Action<{ id: number }, HomepageGot> = {
  name: 'homepage-get',
  params: z.object({ id: z.number().int().min(1).max(999_999_999_999_999) }),
  async run({ id }, context) {
    const { adapter, context: ctx, config } = context.relay()
    const html = await adapter.requests(ctx).homepage(id)
    const { path, bytes } = await keepBytes(context.folder, Buffer.from(html), 'html')
    return { id, address: `${config.baseUrl}/homepage/${id}`, saved_as: path, bytes, ...excerptOf(html) }
  },
}

/** What the relay would refuse (RC §5) is said before anything is sent. */
function checkPage(html: Uint8Array): void {
  const text = new TextDecoder('utf-8', { fatal: true })
  let page: string
  try {
    page = text.decode(html)
  } catch {
    throw unusable({ en: 'The page is not UTF-8.', zh: '页面不是 UTF-8 编码。' })
  }
  if (!/<[a-z!][^>]*>/i.test(page)) {
    throw unusable({ en: 'The page holds no HTML tag.', zh: '页面中没有 HTML 标签。' })
  }
}

function unusable(text: { en: string; zh: string }): ConfigError {
  return new ConfigError(text, {
    nextStep: {
      en: 'The relay takes HTML in UTF-8, 512 KiB at most. Nothing was sent.',
      zh: '中继接受 UTF-8 编码的 HTML，最多 512 KiB。未发送任何内容。',
    },
  })
}
