import { type IlinkFacts, ilinkFacts } from '../../adapters/ilink/options.ts'
import { USUAL_WECHAT, type WechatConfig } from '../../core/config/wechat.ts'
import { parseConfig } from '../../core/config.ts'
import { ConfigError } from '../../core/errors.ts'
import { readConfigFile } from '../../store/config-file.ts'
import { type CommandContext, speaker } from '../command.ts'

/** WeChat needs no relay, and so no `config.json`: without a valid one the usual settings hold. */
export function configuredWechat(context: CommandContext): WechatConfig {
  const file = readConfigFile(context.folder().file('config.json'))
  if (file.kind === 'missing') return USUAL_WECHAT
  try {
    if (file.kind === 'text') return parseConfig(file.text, context.environment.openclaw).config.wechat
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
  }
  context.note(
    speaker(context)(
      'config.json is not valid ("doctor" says why): the usual settings are used.',
      'config.json 无效（"doctor" 会说明原因）：使用默认设置。',
    ),
  )
  return USUAL_WECHAT
}

/** What requests say of this program, unless the configuration says something else. */
export function clientFacts(config: WechatConfig, version: string): IlinkFacts {
  return ilinkFacts(config, version)
}
