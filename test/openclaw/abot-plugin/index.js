import { createHmac, timingSafeEqual } from 'node:crypto'
import { appendFileSync } from 'node:fs'

/** Stands in for a WeChat plugin of OpenClaw: takes what carries both signatures (OI §4.1), and keeps its bytes. */

export const id = 'wechat_abot'

const PREFIX = 'x-wechat-abot-'
const TOLERANCE_S = 300

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 *
 * @typedef {object} PluginApi what this plugin uses of it
 * @property {{ webhookSecret: string, keepIn: string }} pluginConfig
 * @property {(route: { path: string, auth: 'plugin', match: 'exact', handler: (request: Request, response: Response) => Promise<true> }) => void} registerHttpRoute
 */

/** @param {PluginApi} api */
export function register(api) {
  const { webhookSecret, keepIn } = api.pluginConfig
  api.registerHttpRoute({
    path: '/wechat_abot/webhook',
    auth: 'plugin',
    match: 'exact',
    async handler(request, response) {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      const entries = Object.entries(request.headers).filter(([name]) => name.startsWith(PREFIX))
      /** @type {Record<string, string>} */
      const headers = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
      const accepted = isSigned(body, headers, webhookSecret)
      appendFileSync(keepIn, `${JSON.stringify({ accepted, headers, body: body.toString('base64') })}\n`)
      response.statusCode = accepted ? 200 : 401
      response.end(accepted ? '{"ok":true}' : '{"ok":false}')
      return true
    },
  })
}

/**
 * @param {Buffer} body as it came
 * @param {Record<string, string>} headers
 * @param {string} secret
 */
function isSigned(body, headers, secret) {
  const timestamp = headers[`${PREFIX}timestamp`] ?? ''
  return (
    Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_S &&
    isHmac(headers[`${PREFIX}signature`], body, secret) &&
    isHmac(headers[`${PREFIX}signature-v2`], Buffer.concat([Buffer.from(`${timestamp}.`), body]), secret)
  )
}

/**
 * @param {string | undefined} given
 * @param {Buffer} data
 * @param {string} secret
 */
function isHmac(given, data, secret) {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(data).digest('hex')}`)
  const actual = Buffer.from(given ?? '')
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
