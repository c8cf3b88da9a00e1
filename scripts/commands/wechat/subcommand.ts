import type { ParseArgsOptionsConfig } from 'node:util'
import type { Bilingual } from '../../core/i18n.ts'
import type { CommandContext } from '../command.ts'

/** One verb of `wechat`. Its module is loaded only when it is called. */
export interface Subcommand {
  /** How many words may follow the verb. */
  readonly takes: readonly number[]
  readonly options: readonly WechatOption[]
  run(context: CommandContext, words: readonly string[]): Promise<number>
}

/** What the verbs of `wechat` take between them; each names those that are its own. */
const TABLE = {
  svg: {
    type: 'string',
    help: {
      en: 'FILE  login: the QR code as a picture, gone when the login is over',
      zh: '文件  login：把二维码存成图片，登录结束后删除',
    },
  },
  new: {
    type: 'boolean',
    help: {
      en: 'login: forget what is signed in here, and bind anew',
      zh: 'login：不考虑此处已有的登录，重新绑定',
    },
  },
  'show-link': {
    type: 'boolean',
    help: {
      en: 'login: print the link of the QR code too; whoever has it can log in with it',
      zh: 'login：同时打印二维码中的链接；任何得到它的人都能用它登录',
    },
  },
  timeout: {
    type: 'string',
    help: { en: 'SECONDS  login: give up after so long', zh: '秒  login：超过该时间则放弃' },
  },
  file: {
    type: 'string',
    help: { en: 'PATH  send: an image, a video or any other file', zh: '路径  send：图片、视频或其他文件' },
  },
  'request-id': {
    type: 'string',
    help: {
      en: 'ID  send: repeating the same message under the same id sends it once',
      zh: '编号  send：用同一编号重复同一消息，只会发送一次',
    },
  },
  off: { type: 'boolean', help: { en: 'typing: show it no longer', zh: 'typing：不再显示' } },
  seconds: {
    type: 'string',
    help: { en: 'N  typing: for so long, or until a message is sent', zh: 'N  typing：显示多少秒，或直到发出消息' },
  },
  yes: { type: 'boolean', help: { en: 'logout: the owner agreed', zh: 'logout：主人已同意' } },
} as const satisfies Readonly<Record<string, { type: 'string' | 'boolean'; help: Bilingual }>>

export type WechatOption = keyof typeof TABLE

export const OPTIONS: ParseArgsOptionsConfig = Object.fromEntries(
  Object.entries(TABLE).map(([name, { type }]) => [name, { type }]),
)

export const OPTION_HELP: Readonly<Record<string, Bilingual>> = Object.fromEntries(
  Object.entries(TABLE).map(([name, { help }]) => [name, help]),
)
