import { option, wrongUsage } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { jsonView } from './login-json.ts'
import { plainView } from './login-plain.ts'
import { terminalView } from './login-terminal.ts'
import type { LoginView, ViewParts } from './login-view.ts'
import { createSvgFile } from './svg-file.ts'

/** Who looks on, and who types. */
export type Onlooker = Pick<ViewParts, 'lines' | 'columns'>

/**
 * A link that was printed into a pipe lies in somebody's log, and whoever has it logs in with it (IL §17): there it is shown
 * only when that was asked for by name.
 *
 * @throws UsageError when nobody could scan anything; ConfigError when the picture can not be written
 */
export function chooseView(context: CommandContext, onlooker: Onlooker): LoginView {
  const { json, errorTerminal, terminal, values } = context
  const file = option(context, 'svg')
  const showsLink = values['show-link'] === true
  if (file === undefined && !showsLink && (json || !(errorTerminal || terminal))) throw nothingToScan(json)
  const parts: ViewParts = { context, svg: file === undefined ? null : createSvgFile(file), showsLink, ...onlooker }
  if (json) return jsonView(parts)
  return errorTerminal ? terminalView(parts) : plainView(parts)
}

function nothingToScan(json: boolean) {
  return json
    ? wrongUsage('wechat', {
        en: 'With --json nobody sees a QR code: add --svg FILE for a picture of it, or --show-link for the link itself.',
        zh: '使用 --json 时不会显示二维码：请加 --svg 文件 生成图片，或加 --show-link 显示链接本身。',
      })
    : wrongUsage('wechat', {
        en: 'There is no terminal to show a QR code on: add --svg FILE for a picture of it, or --show-link for the link itself.',
        zh: '没有可显示二维码的终端：请加 --svg 文件 生成图片，或加 --show-link 显示链接本身。',
      })
}
