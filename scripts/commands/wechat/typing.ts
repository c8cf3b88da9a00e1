import type { Bilingual } from '../../core/i18n.ts'
import { inLanguage } from '../../core/i18n.ts'
import { LONGEST_TYPING_S, type WechatTyping, type WechatTypingParams } from '../../engine/actions/wechat-typing.ts'
import { act } from '../act.ts'
import { DONE, FAILED } from '../command.ts'
import { numberOption } from '../reading.ts'
import { wechatRecipient } from './recipient.ts'
import type { Subcommand } from './subcommand.ts'

export const typing: Subcommand = {
  takes: [1],
  options: ['off', 'seconds'],
  async run(context, [to = '']) {
    const on = context.values['off'] !== true
    const params: WechatTypingParams = {
      to: wechatRecipient(to),
      on,
      seconds: numberOption(context, 'seconds', { least: 1, most: LONGEST_TYPING_S }),
    }
    const result = await act<WechatTyping>(context, 'wechat-typing', params, { repeatable: true })
    const words = inLanguage(said(result, on), context.language)
    const isDone = result.outcome !== 'not_shown'
    if (context.json) context.print(JSON.stringify({ to: params.to, ...result, note: words }))
    else if (isDone) context.print(words)
    else context.note(words)
    return isDone ? DONE : FAILED
  },
}

function said({ outcome, reason }: WechatTyping, on: boolean): Bilingual {
  switch (outcome) {
    case 'shown':
      return {
        en: 'Their phone was told that an answer is being written. It ends with the message, or by itself.',
        zh: '已告知对方手机正在输入。发出消息后结束，或到时自动结束。',
      }
    case 'still_shown':
      return {
        en: 'A message to them is under way, and shows it until it is sent.',
        zh: '正在给对方发送消息，发送完成前仍会显示。',
      }
    case 'ended':
      return on
        ? { en: 'It was ended before the phone was told.', zh: '还没告知手机就已结束。' }
        : { en: 'It is not shown any more.', zh: '已不再显示。' }
    case 'not_shown':
      return {
        en: `Their phone could not be told (${reason}). Messages are not affected.`,
        zh: `无法告知对方手机（${reason}）。不影响发送消息。`,
      }
  }
}
