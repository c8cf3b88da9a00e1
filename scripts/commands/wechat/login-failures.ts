import type { LoginFailure } from '../../adapters/ilink/login.ts'
import { ConfigError, RefusedError, UnreachableError } from '../../core/errors.ts'
import type { Bilingual } from '../../core/i18n.ts'
import type { CommandContext } from '../command.ts'

/** Why a login came to nothing, for people and, with `--json`, for programs. Nothing was changed by any of them. */

export function loginFailed(reason: LoginFailure, context: CommandContext): Error {
  sayFailed(reason, context)
  switch (reason) {
    case 'no_more_codes':
      return new ConfigError(
        {
          en: 'Three QR codes were shown, and none was scanned and confirmed. Nothing was changed.',
          zh: '已显示三个二维码，均未被扫描并确认。未做任何改动。',
        },
        { nextStep: AGAIN },
      )
    case 'no_answer':
      return new UnreachableError(
        {
          en: 'WeChat gave no QR code: it was not reached, or did not answer. Nothing was changed.',
          zh: '未能从微信获取二维码：无法连接或没有应答。未做任何改动。',
        },
        {
          reason,
          nextStep: {
            en: 'Check the network and the proxy (HTTPS_PROXY), then run "wechat login" again.',
            zh: '请检查网络和代理（HTTPS_PROXY），然后重新运行 "wechat login"。',
          },
        },
      )
    case 'refused':
      return new RefusedError(
        { en: 'WeChat refused to give a QR code. Nothing was changed.', zh: '微信拒绝提供二维码。未做任何改动。' },
        {
          status: 200,
          nextStep: {
            en: 'Try again in some minutes. Is "wechat.baseUrl" in config.json the right address, if it is set?',
            zh: '请几分钟后再试。若 config.json 设置了 "wechat.baseUrl"，请确认其地址正确。',
          },
        },
      )
    case 'incomplete':
      return new RefusedError(
        {
          en: 'The phone confirmed, but WeChat named no bot, or gave no token. Nothing was changed.',
          zh: '手机已确认，但微信没有给出机器人或令牌。未做任何改动。',
        },
        { status: 200, nextStep: AGAIN },
      )
    case 'given_up':
      return new ConfigError(
        {
          en: 'The phone showed a number, and nobody told it here. Nothing was changed.',
          zh: '手机上显示了一个数字，但此处没有输入。未做任何改动。',
        },
        {
          nextStep: {
            en: 'Run "wechat login" again where the number can be typed: at a terminal, or as a line on stdin.',
            zh: '请在可以输入数字的地方重新运行 "wechat login"：终端，或标准输入的一行。',
          },
        },
      )
  }
}

export function tooLate(seconds: number, context: CommandContext): ConfigError {
  sayFailed('timeout', context)
  return new ConfigError(
    {
      en: `Nobody logged in within ${seconds} seconds. Nothing was changed.`,
      zh: `${seconds} 秒内无人登录。未做任何改动。`,
    },
    { nextStep: AGAIN },
  )
}

export function sayFailed(reason: string, { json, print }: CommandContext): void {
  if (json) print(JSON.stringify({ state: 'failed', reason }))
}

const AGAIN: Bilingual = {
  en: 'Run "wechat login" again, with the phone at hand: most codes live for a minute or two.',
  zh: '请准备好手机后重新运行 "wechat login"：二维码通常只有一两分钟有效。',
}
