import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { id } from '../../plugin/index.js'
import { dataFolder, storedTexts } from './data-folder.ts'
import { skillFolder } from './skill.ts'
import { ANSWER, type Prompt } from './stand-in-model.ts'
import type { World } from './world.ts'

/** What the real program makes of the optional plugin. */

const HEAD = "Summary of the owner's chat (skill openwechat-im-client)"
const REQUEST = 'Is anything new?'

async function pluginIds(world: World): Promise<readonly string[]> {
  const { plugins } = (await world.json('plugins', 'list')) as { plugins: { id: string }[] }
  assert.ok(plugins.length > 0)
  return plugins.map(one => one.id)
}

export async function isNotThereUnasked(world: World): Promise<string> {
  const ids = await pluginIds(world)
  assert.ok(!ids.includes(id))
  return `in the installed skill, but not among the ${ids.length} plugins`
}

interface Inspection {
  readonly plugin: { readonly status: string }
  readonly typedHooks: readonly { readonly name: string }[]
  readonly diagnostics: readonly { readonly message: string }[]
}

export async function loads(world: World): Promise<string> {
  const commands = commandsUnder(world, 'Installing')
  const inspect = () => world.json('plugins', 'inspect', id, '--runtime') as Promise<Inspection>

  for (const command of commands.slice(0, -1)) await world.cli(...command)
  const locked = await inspect()
  assert.deepEqual(locked.typedHooks, [])
  assert.match(locked.diagnostics[0]?.message ?? '', /before_prompt_build.*allowConversationAccess/)

  await world.cli(...(commands.at(-1) ?? []))
  const allowed = await inspect()
  assert.equal(allowed.plugin.status, 'loaded')
  assert.deepEqual(allowed.typedHooks, [{ name: 'before_prompt_build' }])
  assert.deepEqual(allowed.diagnostics, [])
  return `by the ${commands.length} commands of its page; before_prompt_build is blocked until the last of them`
}

/** What the page tells the owner to run, word by word. */
function commandsUnder(world: World, heading: string): string[][] {
  const page = readFileSync(join(skillFolder(world), 'references', 'context-plugin.md'), 'utf8')
  const block = new RegExp(`^## ${heading}\n\n\`\`\`sh\n([^\`]+)\`\`\``, 'm').exec(page)?.[1] ?? ''
  const lines = block.trim().split('\n')
  return lines.map(line => {
    const [program, ...args] = line.replaceAll('{baseDir}', skillFolder(world)).split(' ')
    assert.equal(program, 'openclaw', line)
    return args
  })
}

/** One turn of the agent in the running gateway. */
async function promptOfTurn(world: World): Promise<Prompt> {
  const before = world.model.prompts.length
  const answer = await world.cli('agent', '--agent', 'main', '--message', REQUEST, '--timeout', '60')
  assert.ok(answer.includes(ANSWER), answer.slice(-300))
  const prompt = world.model.prompts.slice(before).find(({ messages }) => messages.some(text => text.includes(REQUEST)))
  assert.ok(prompt !== undefined, 'no prompt came')
  return prompt
}

export async function reachesPrompt(world: World): Promise<string> {
  const { messages, system } = await promptOfTurn(world)
  const summary = messages.find(text => text.includes(HEAD)) ?? ''
  assert.match(
    summary,
    /^unread: \d+; received in the last 24 hours: [1-9]\d*; friends: 2; channel: [a-z]+ since \S+$/m,
  )
  assert.match(summary, /^latest: #\d+ "[^"]+" at /m)
  assert.ok(summary.indexOf(HEAD) < summary.indexOf(REQUEST), 'the summary does not stand before the request')
  const texts = storedTexts(world)
  assert.ok(texts.length > 0)
  const everything = [system, ...messages].join('\n')
  for (const text of texts) assert.ok(!everything.includes(text), `a message of a peer is in the prompt: ${text}`)
  const line = /^unread: .*$/m.exec(summary)?.[0]
  return `before the request, without any of ${texts.length} message texts:\n    ${line}`
}

/** Whatever of the first turn stayed in the session would show here too. */
export async function brokenSnapshotAddsNothing(world: World): Promise<string> {
  writeFileSync(join(dataFolder(world), 'context_snapshot.json'), '{"updated_at_utc": "2026-')
  const { messages, system } = await promptOfTurn(world)
  assert.ok(![system, ...messages].join('\n').includes(HEAD), 'there is a summary in the prompt')
  return `a turn like any other; its ${messages.length} messages hold nothing of the summary before`
}

export async function goesAway(world: World): Promise<string> {
  for (const command of commandsUnder(world, 'Removing')) await world.cli(...command)
  assert.ok(!(await pluginIds(world)).includes(id))
  const { entries } = (await world.json('config', 'get', 'plugins')) as { entries: Readonly<Record<string, unknown>> }
  // The program's own note that it was removed on purpose.
  assert.deepEqual(entries[id], { enabled: false })
  return 'no plugin of that name, and no permission for it, is left'
}
