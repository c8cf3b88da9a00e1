import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { type CommandLine, LAUNCHD_LABEL, launchdPlist, systemdUnit, UNIT_NAME } from './service-formats.ts'

type Kind = 'systemd' | 'launchd'

export const service: Command = {
  usage: '',
  about: {
    en: 'Prints a service of yours that keeps the daemon running, and how to enable it. Runs and writes nothing.',
    zh: '打印一个让守护进程保持运行的用户级服务，以及启用方法。不运行、不写入任何内容。',
  },
  examples: ['npm run -s im -- service', 'npm run -s im -- service --systemd', 'npm run -s im -- service --launchd'],
  options: { systemd: { type: 'boolean' }, launchd: { type: 'boolean' } },
  optionHelp: {
    systemd: { en: 'a systemd user unit (what Linux gets by itself)', zh: 'systemd 用户单元（Linux 默认）' },
    launchd: { en: 'a launchd agent (what macOS gets by itself)', zh: 'launchd 代理（macOS 默认）' },
  },
  run(context) {
    const kind = chosenKind(context)
    // The Node that runs now is new enough; the first one in the PATH of a service may not be.
    const command: CommandLine = [
      process.execPath,
      join(context.skillFolder, 'scripts', 'run.mjs'),
      'sse',
      '--data-dir',
      context.folder().path,
    ]
    const text = kind === 'systemd' ? systemdUnit(command) : launchdPlist(command)
    const steps = kind === 'systemd' ? SYSTEMD_STEPS : LAUNCHD_STEPS
    if (context.json) {
      context.print(JSON.stringify({ kind, text, ...steps }))
      return Promise.resolve(DONE)
    }
    context.print(text)
    // On stderr: "service > file" writes the service and nothing else.
    const t = speaker(context)
    context.note(t('To enable it:', '启用方法：'))
    context.note(t(`  save it as ${steps.path}, then:`, `  保存为 ${steps.path}，然后：`))
    for (const line of steps.enable) context.note(`  ${line}`)
    context.note(t('To end it:', '停用方法：'))
    for (const line of steps.disable) context.note(`  ${line}`)
    context.note(
      t(
        'A daemon that runs elsewhere on this data folder has to be stopped first.',
        '如已有守护进程在使用该数据目录，请先停止它。',
      ),
    )
    return Promise.resolve(DONE)
  },
}

interface Steps {
  readonly path: string
  readonly enable: readonly string[]
  readonly disable: readonly string[]
}

const SYSTEMD_STEPS: Steps = {
  path: `~/.config/systemd/user/${UNIT_NAME}`,
  // Without lingering, services of a user end with the last login.
  enable: [
    'systemctl --user daemon-reload',
    `systemctl --user enable --now ${UNIT_NAME}`,
    'loginctl enable-linger "$USER"',
  ],
  disable: [`systemctl --user disable --now ${UNIT_NAME}`],
}

const LAUNCHD_STEPS: Steps = {
  path: `~/Library/LaunchAgents/${LAUNCHD_LABEL}.plist`,
  enable: [`launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/${LAUNCHD_LABEL}.plist`],
  disable: [`launchctl bootout gui/$(id -u)/${LAUNCHD_LABEL}`],
}

function chosenKind({ values }: CommandContext): Kind {
  const { systemd, launchd } = values
  if (systemd === true && launchd === true) {
    throw new UsageError({ en: '--systemd or --launchd, not both.', zh: '--systemd 与 --launchd 只能选一个。' })
  }
  if (systemd === true) return 'systemd'
  if (launchd === true) return 'launchd'
  return process.platform === 'darwin' ? 'launchd' : 'systemd'
}
