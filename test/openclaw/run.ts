import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createAbot } from './abot.ts'
import { addsNoSkill, fillDataFolder, listSkills, pretenderWouldCount } from './data-folder.ts'
import { installOpenClaw } from './install-openclaw.ts'
import { ALL_PEER_WORDS, createHousehold, peerWordsIn } from './owners.ts'
import { brokenSnapshotAddsNothing, goesAway, isNotThereUnasked, loads, reachesPrompt } from './plugin.ts'
import * as skill from './skill.ts'
import { createWaking } from './waking.ts'
import { createWorld, type World } from './world.ts'

/**
 * `npm run test:openclaw`: the packaged skill, its daemon and the plugin beside the real program. Needs npm's registry, python3 and
 * 1 GB in the folder for temporary files; uses a home of its own, and listens on this machine only.
 */

const { values } = parseArgs({
  options: {
    cache: { type: 'string', default: join(tmpdir(), `openwechat-openclaw-cache-${userInfo().uid}`) },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const HELP = `usage: npm run test:openclaw -- [--cache PATH] [--keep]

  --cache PATH  where the program is installed, and found by the next run
  --keep        leave its throw-away home and workspace behind
`

let failures = 0

/** One line for each step. A later one may still show something when an earlier one failed. */
async function step(name: string, show: () => Promise<string>): Promise<void> {
  const began = performance.now()
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`
  try {
    const seen = await show()
    process.stdout.write(`ok      ${name}: ${seen} [${seconds()}]\n`)
  } catch (error) {
    failures += 1
    const reason = error instanceof Error ? error.message : String(error)
    process.stdout.write(`FAILED  ${name}: ${reason.split('\n').slice(0, 12).join('\n    ')} [${seconds()}]\n`)
  }
}

async function showAll(world: World): Promise<void> {
  await step('packaged', () => skill.makePackage(world))
  await step('skill installed', () => skill.install(world))
  await step('skill ready', () => skill.isReady(world))
  await step('official validator', () => skill.isValid(world))
  await step('audit looks', () => skill.auditLooksAtSkills(world))
  await step('audit --deep', () => skill.auditIsClean(world))

  const [skills, digest] = [await listSkills(world), skill.digestOf(skill.skillFolder(world))]
  await step('data folder', () => fillDataFolder(world))
  await step('a SKILL.md from a peer', () => pretenderWouldCount(world, skills))
  await step('no additional skill', () => addsNoSkill(world, skills))

  await step('plugin unasked', () => isNotThereUnasked(world))
  await step('gateway', async () => {
    const silent = await world.startGateway()
    return `ready on the loopback address, not on ${silent.join(', ') || 'any other: there is none'}`
  })
  await step('plugin installed', () => loads(world))
  await step('audit with everything', () => skill.auditIsClean(world))
  await step('slash command', () => skill.isCommand(world))
  await step('plugin in a prompt', () => reachesPrompt(world))
  await step('skill in a prompt', () => skill.modelSeesSkill(world))
  await step('broken snapshot', () => brokenSnapshotAddsNothing(world))
  await step('plugin removed', () => goesAway(world))

  await showDaemons(world)
  await step('skill folder', async () => {
    assert.equal(skill.digestOf(skill.skillFolder(world)), digest)
    return 'not a byte changed since it was installed'
  })
}

/** With daemons of the installed skill, on a relay in this process. */
async function showDaemons(world: World): Promise<void> {
  const household = await createHousehold(world)
  const waking = createWaking(world, household)
  await step('hooks off', waking.hooksOff)
  await step('woken by the mapping', waking.byMapping)
  await step('the agent reads', waking.agentReads)
  await step('wrong token', waking.wrongToken)
  await step('woken as an agent', waking.asAgent)
  await step('a hundred messages', waking.hundredMessages)
  await step('gateway down', waking.gatewayDown)
  await step('gateway up', waking.gatewayUp)

  const abot = createAbot(world, household)
  await step('no wechat_abot', abot.withoutPlugin)
  await step('wechat_abot installed', abot.withPlugin)
  await step('a changed byte', abot.changedByte)
  await step('wrong secret', abot.wrongSecret)

  await step('daemons stopped', async () => {
    const count = await household.close()
    const { prompts } = world.model
    const texts = prompts.flatMap(({ system, messages }) => [system, ...messages])
    assert.deepEqual(peerWordsIn(texts.join('\n')), [])
    return `${count} in order; none of ${ALL_PEER_WORDS.join(', ')} came into any of ${prompts.length} prompts`
  })
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const openclaw = await installOpenClaw(values.cache)
  process.stdout.write(`openclaw ${openclaw.version} from npm, in ${values.cache}\n`)
  const world = await createWorld(openclaw)
  process.on('exit', () => {
    if (values.keep) process.stdout.write(`left behind: ${world.folder}\n`)
    else rmSync(world.folder, { recursive: true, force: true })
  })
  await showAll(world)
  await world.close()
  process.stdout.write(failures === 0 ? 'all of it holds\n' : `${failures} of these do not hold\n`)
  if (failures > 0) process.exitCode = 1
}

main().catch(error => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`)
  // What still runs would keep this process from ending.
  process.exit(1)
})
