import { resolve } from 'node:path'
import type { HomepageGot, HomepagePut } from '../engine/actions/homepage.ts'
import { shownText } from '../protocol/untrusted-text.ts'
import { act } from './act.ts'
import { takeArguments, untrustedNote, userId, wrongUsage } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'
import { createUploadProgress } from './upload-progress.ts'

export const homepage: Command = {
  usage: 'put <file> | get <id>',
  about: {
    en: 'Puts your own page on the relay (HTML, UTF-8, 512 KiB at most), or looks at somebody’s: it is saved as a file, and only its title and beginning are shown.',
    zh: '把自己的主页放到中继上（UTF-8 的 HTML，最多 512 KiB），或查看他人的主页：页面会存为文件，只显示标题和开头。',
  },
  examples: ['npm run -s im -- homepage put ./page.html', 'npm run -s im -- homepage get 2 --json'],
  async run(context) {
    const [verb, what = ''] = takeArguments(context, 'homepage', [2])
    if (verb === 'put') return put(what, context)
    if (verb === 'get') return get(userId(what, 'homepage'), context)
    throw wrongUsage('homepage', {
      en: 'homepage takes "put <file>" or "get <id>".',
      zh: 'homepage 的用法是 "put <文件>" 或 "get <编号>"。',
    })
  },
}

async function put(path: string, context: CommandContext): Promise<number> {
  const t = speaker(context)
  const progress = createUploadProgress(context)
  try {
    const params = { file: resolve(path) }
    const { address, bytes } = await act<HomepagePut>(context, 'homepage-put', params, { onProgress: progress.show })
    progress.end()
    // The relay makes the address from what the request called it: no more than a hint.
    const shown = shownText(address, 300).text
    context.print(
      context.json
        ? JSON.stringify({ address: shown, bytes })
        : t(
            `Your page is at ${shown} (${bytes} bytes). Everybody can see it.`,
            `主页地址：${shown}（${bytes} 字节）。所有人可见。`,
          ),
    )
    return DONE
  } finally {
    progress.end()
  }
}

async function get(id: number, context: CommandContext): Promise<number> {
  const t = speaker(context)
  const found = await act<HomepageGot>(context, 'homepage-get', { id }, { repeatable: true })
  const title = shownText(found.title, 100).text
  const excerpt = shownText(found.excerpt, 300).text
  if (context.json) {
    context.print(JSON.stringify({ untrusted: true, ...found, title, excerpt }))
    return DONE
  }
  context.note(untrustedNote(context))
  context.print(t(`Homepage of #${id}: ${found.address}`, `#${id} 的主页：${found.address}`))
  context.print(t(`Title: ${title}`, `标题：${title}`))
  context.print(t(`Begins: ${excerpt}`, `开头：${excerpt}`))
  context.print(
    t(
      `Saved in the data folder: ${found.saved_as} (${found.bytes} bytes)`,
      `已存入数据目录：${found.saved_as}（${found.bytes} 字节）`,
    ),
  )
  return DONE
}
