import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from './world.ts'

/** What the real program makes of the packaged folder. */

export const SKILL = 'openwechat-im-client'
const ROOT = join(import.meta.dirname, '..', '..')

export function skillFolder({ workspace }: World): string {
  return join(workspace, 'skills', SKILL)
}

/** Made anew, elsewhere: what lies in `dist/` may be older than the sources. */
export async function makePackage(world: World): Promise<string> {
  const { code, stdout, stderr } = await world.node([join(ROOT, 'tools', 'package.ts'), join(world.folder, SKILL)])
  assert.equal(code, 0, stderr)
  return stdout.trim().replace(`${world.folder}/`, '')
}

export async function install(world: World): Promise<string> {
  const said = await world.cli('skills', 'install', join(world.folder, SKILL))
  return said.trim().split('\n').at(-1)?.replaceAll(`${world.folder}/`, '') ?? ''
}

export async function isReady(world: World): Promise<string> {
  const info = (await world.json('skills', 'info', SKILL)) as Record<string, unknown>
  const { eligible, modelVisible, commandVisible, userInvocable, source, missing } = info
  assert.deepEqual(
    { eligible, modelVisible, commandVisible, userInvocable, source },
    { eligible: true, modelVisible: true, commandVisible: true, userInvocable: true, source: 'openclaw-workspace' },
  )
  assert.deepEqual(Object.values(missing as object).flat(), [])
  return 'eligible, visible to the model, visible as a command, nothing missing'
}

/** The product's own `quick_validate.py`. */
export async function isValid(world: World): Promise<string> {
  const validator = join(world.openclaw.folder, 'skills', 'skill-creator', 'scripts', 'quick_validate.py')
  const validate = async (folder: string) => {
    const { code, stdout, stderr } = await world.run('python3', [validator, folder])
    return { code, text: (stdout + stderr).trim() }
  }
  const wrong = join(world.folder, 'wrong')
  mkdirSync(wrong)
  writeFileSync(join(wrong, 'SKILL.md'), '---\nname: wrong\ndescription: "x"\nversion: 1.0.0\n---\nx\n')
  assert.match((await validate(wrong)).text, /Unexpected key\(s\).*version/)

  const { code, text } = await validate(skillFolder(world))
  assert.equal(code, 0, text)
  const yaml = (await world.run('python3', ['-c', 'import yaml'])).code === 0 ? 'with' : 'without'
  return `${text} (python3 ${yaml} PyYAML; a top-level version is refused)`
}

interface Finding {
  readonly checkId: string
  readonly severity: string
  readonly detail: string
}

export async function audit(world: World): Promise<readonly Finding[]> {
  return ((await world.json('security', 'audit', '--deep')) as { findings: Finding[] }).findings
}

/** Without it, a scan that looks elsewhere would pass for a clean one. */
export async function auditLooksAtSkills(world: World): Promise<string> {
  const wrong = join(world.workspace, 'skills', 'wrong')
  mkdirSync(wrong)
  writeFileSync(join(wrong, 'SKILL.md'), '---\nname: wrong\ndescription: "x"\n---\nx\n')
  writeFileSync(join(wrong, 'wrong.js'), "import { exec } from 'node:child_process'\nexec('true')\n")
  const critical = (await audit(world)).filter(({ severity }) => severity === 'critical')
  rmSync(wrong, { recursive: true })
  assert.equal(critical.length, 1)
  assert.match(critical[0]?.detail ?? '', /dangerous-exec.*wrong\.js/)
  return 'a skill that starts a program is found, critical'
}

/** @returns every finding but those about this throw-away gateway */
export async function auditIsClean(world: World): Promise<string> {
  const findings = await audit(world)
  const critical = findings.filter(({ severity }) => severity === 'critical')
  assert.deepEqual(critical, [])
  const ours = findings.filter(({ checkId, detail }) => /skill|plugin/.test(checkId) || detail.includes(SKILL))
  const details = ours.flatMap(({ detail }) => detail.replaceAll(`${world.folder}/`, '').split('\n'))
  return `no critical finding${details.map(line => `\n    ${line.trim()}`).join('')}`
}

export async function modelSeesSkill(world: World): Promise<string> {
  const description = /^description: "(.*)"$/m.exec(readFileSync(join(skillFolder(world), 'SKILL.md'), 'utf8'))?.[1]
  const prompt = world.model.prompts.at(-1)?.system ?? ''
  assert.ok(description !== undefined && description.length > 20)
  const name = prompt.indexOf(`<name>${SKILL}</name>`)
  assert.notEqual(name, -1, 'the system prompt does not name the skill')
  assert.ok(prompt.slice(name, name + 1000).includes(description), 'the description is not whole in the system prompt')
  return `name and whole description (${description.length} characters) in a system prompt of ${prompt.length}`
}

export async function isCommand(world: World): Promise<string> {
  const { commands } = (await world.json('gateway', 'call', 'commands.list', '--params', '{}')) as {
    commands: { name: string; source: string; textAliases: string[] }[]
  }
  const ours = commands.filter(({ textAliases }) => textAliases.includes('/openwechat_im_client'))
  assert.equal(ours.length, 1)
  assert.equal(ours[0]?.source, 'skill')
  return `${ours[0]?.textAliases.join(' ')} among ${commands.length} commands of the running gateway`
}

/** A checksum over every file counts for the next update (OI §0). */
export function digestOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name)
    hash.update(`${name}\0`)
    if (statSync(path).isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}
