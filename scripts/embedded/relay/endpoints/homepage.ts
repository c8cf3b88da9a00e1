/** `PUT /homepage` and `GET /homepage/{id}`: RC §3 and §5. */

import { caller, idInPath, mustExist } from '../caller.ts'
import { insist } from '../checks.ts'
import { readForm } from '../form.ts'
import type { Call, Outcome, Relay } from '../relay.ts'
import { html, Refusal, text } from '../replies.ts'
import { isJsonType, mediaType, readBytes } from '../request-body.ts'

const LARGEST_PAGE_BYTES = 512 * 1024

/** Transcript 609. */
const DEFAULT_PAGE = `<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>主页</title></head>
<body><p>该用户尚未设置主页</p></body>
</html>`

async function readPage(call: Call): Promise<Buffer> {
  if (mediaType(call.request) !== 'multipart/form-data') return readBytes(call.request, LARGEST_PAGE_BYTES)
  const form = await readForm(call.request, ({ name }) => (name === 'file' ? LARGEST_PAGE_BYTES : 0))
  return form.get('file')?.bytes ?? Buffer.alloc(0)
}

function isJson(source: string): boolean {
  try {
    const value: unknown = JSON.parse(source)
    return typeof value === 'object'
  } catch {
    return false
  }
}

function checkPage(page: Buffer, type: string): void {
  if (page.length > LARGEST_PAGE_BYTES) throw new Refusal(400, '主页大小超过限制（最大 512KB）')
  let source: string
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(page)
  } catch {
    throw new Refusal(400, 'HTML 需为 UTF-8 编码')
  }
  if (source.trim() === '') throw new Refusal(400, 'HTML 内容不能为空')
  if (isJsonType(type) || isJson(source)) throw new Refusal(400, '请提供 HTML 页面，而非 JSON')
  if (!/<[a-z!/][^<>]*>/i.test(source)) throw new Refusal(400, '请提供有效的 HTML 页面（需包含 HTML 标签）')
}

export async function putHomepage(relay: Relay, call: Call): Promise<Outcome> {
  const page = await readPage(call)
  const { user } = insist({ user: caller(relay, call) })
  checkPage(page, mediaType(call.request))
  relay.users.setHomepage(user.id, page)
  return text(`主页已更新\n访问地址：${call.origin}/homepage/${user.id}`)
}

export function getHomepage(relay: Relay, call: Call): Outcome {
  const { id } = insist({ id: idInPath(call) })
  const user = mustExist(relay.users.byId(id))
  return html(relay.users.homepage(user.id) ?? DEFAULT_PAGE)
}
