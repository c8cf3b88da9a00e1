import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the program sends to a model, answered with one word: shows prompts without any account. */
export interface StandInModel {
  /** For `models.providers` of openclaw.json. */
  readonly provider: object
  readonly prompts: readonly Prompt[]
  close(): void
}

export interface Prompt {
  readonly system: string
  /** The other messages, oldest first. */
  readonly messages: readonly string[]
}

export const ANSWER = 'Understood.'

export async function startStandInModel(): Promise<StandInModel> {
  const prompts: Prompt[] = []
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') {
      // What models there are.
      response.setHeader('content-type', 'application/json').end('{"object":"list","data":[{"id":"stand-in"}]}')
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    prompts.push(promptIn(Buffer.concat(chunks).toString()))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const part = (delta: object, end: string | null) => {
      const choices = [{ index: 0, delta, finish_reason: end }]
      response.write(
        `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`,
      )
    }
    part({ role: 'assistant', content: ANSWER }, null)
    part({}, 'stop')
    response.end('data: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    prompts,
    provider: {
      baseUrl: `http://127.0.0.1:${port}/v1`,
      apiKey: 'none',
      api: 'openai-completions',
      models: [{ id: 'm', name: 'm', contextWindow: 128_000, maxTokens: 1000, input: ['text'] }],
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function promptIn(body: string): Prompt {
  const { messages } = JSON.parse(body) as { messages: { role: string; content: unknown }[] }
  const texts = messages.map(({ role, content }) => ({ role, text: textIn(content) }))
  return {
    system: texts.flatMap(one => (one.role === 'system' ? [one.text] : [])).join('\n'),
    messages: texts.flatMap(one => (one.role === 'system' ? [] : [one.text])),
  }
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map(part => (part as { text?: string }).text ?? '').join('\n')
}
