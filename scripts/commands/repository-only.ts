import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../core/errors.ts'

/** What runs the embedded relay. An installed skill folder comes without it, and without these commands. */
const REPOSITORY_ONLY: ReadonlySet<string> = new Set(['demo', 'relay'])

export function isHere(command: string, skillFolder: string): boolean {
  return !REPOSITORY_ONLY.has(command) || existsSync(join(skillFolder, 'scripts', 'embedded'))
}

export function onlyInRepository(command: string): ConfigError {
  return new ConfigError(
    {
      en: `${JSON.stringify(command)} needs the embedded relay, which is not part of the installed skill: that is kept small enough for the security audit of OpenClaw to read all of it.`,
      zh: `${JSON.stringify(command)} 需要内置中继，安装的技能中不包含它：技能保持精简，以便 OpenClaw 的安全审计能完整读取。`,
    },
    {
      nextStep: {
        en: `clone the repository of this skill (SKILL.md names it: homepage), and run there: npm ci && npm run ${command}`,
        zh: `克隆本技能的仓库（地址见 SKILL.md 的 homepage），然后在其中运行：npm ci && npm run ${command}`,
      },
    },
  )
}
