import type { RebuildResult } from '../engine/actions/rebuild.ts'
import { requireDataFolder } from '../store/data-folder.ts'
import { type Command, type CommandContext, DONE, speaker, WRONG_USAGE } from './command.ts'
import { isConfirmed } from './confirm.ts'
import { megabytes } from './retention.ts'

export const rebuild: Command = {
  usage: '',
  about: {
    en: 'Writes conversations.md and inbox_pushed.md anew from state.db. The old files are kept in .archive.',
    zh: '根据 state.db 重新写出 conversations.md 和 inbox_pushed.md。旧文件保存在 .archive 中。',
  },
  examples: ['npm run -s im -- rebuild --yes'],
  options: { yes: { type: 'boolean' } },
  optionHelp: { yes: { en: 'the owner agreed', zh: '主人已同意' } },
  async run(context) {
    requireDataFolder(context.folder())
    const t = speaker(context)
    if (context.values['yes'] !== true) {
      context.note(
        t(
          'Both files would be written anew: what was added or changed by hand will be in .archive only, and what was archived does not come back.',
          '两个文件都会重新写出：手工添加或修改的内容将只留在 .archive 中，已归档的内容不会恢复。',
        ),
      )
    }
    if (!(await isConfirmed(context, t('Write them anew now?', '现在重新写出？')))) {
      context.note(t('Nothing was changed. With --yes it is done.', '未做任何改动。加上 --yes 即执行。'))
      return WRONG_USAGE
    }
    const { act } = await import('./act.ts')
    const result = await act<RebuildResult>(context, 'rebuild', {}, { repeatable: true })
    context.print(context.json ? JSON.stringify(result) : tell(result, context))
    return DONE
  },
}

function tell({ files }: RebuildResult, context: CommandContext): string {
  const t = speaker(context)
  return files
    .map(({ name, bytes_before, bytes_after, old }) => {
      const sizes = `${megabytes(bytes_before)} → ${megabytes(bytes_after)}`
      const where = old === null ? '' : t(`; the old one is ${old}`, `；旧文件为 ${old}`)
      return `${name}: ${sizes}${where}`
    })
    .join('\n')
}
