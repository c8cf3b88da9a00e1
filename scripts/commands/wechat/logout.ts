import type { WechatLoggedOut } from '../../engine/actions/wechat.ts'
import { countWaiting } from '../../store/wechat-waiting.ts'
import { act } from '../act.ts'
import { type CommandContext, DONE, speaker, WRONG_USAGE } from '../command.ts'
import { isConfirmed } from '../confirm.ts'
import { readAccounts, requireAccount, withDatabase } from './accounts.ts'
import type { Subcommand } from './subcommand.ts'

export const logout: Subcommand = {
  takes: [1],
  options: ['yes'],
  async run(context, [name = '']) {
    const t = speaker(context)
    requireAccount(readAccounts(context), name)
    if (!context.json) {
      const { waiting, untilPeer, untilLogin } = waitingNow(context, name)
      const parked = untilPeer + untilLogin
      if (waiting > 0) {
        context.print(
          t(
            `${waiting} messages that wait to be sent (${parked} of them set aside) will not be sent.`,
            `${waiting} 条待发消息（其中 ${parked} 条已搁置）将不再发送。`,
          ),
        )
      }
      context.print(
        t(
          'What was received and sent stays. To use the account again, its QR code has to be scanned anew.',
          '已收发的消息会保留。再次使用该账号需要重新扫描二维码。',
        ),
      )
    }
    if (!(await isConfirmed(context, t(`Log out ${name}?`, `退出 ${name}？`)))) {
      context.note(t('Nothing was changed. With --yes it is done.', '未做任何改动。加上 --yes 即执行。'))
      return WRONG_USAGE
    }
    const done = await act<WechatLoggedOut>(context, 'wechat-logout', { account: name })
    context.print(context.json ? JSON.stringify({ ...done, logged_out: true }) : said(done, context))
    return DONE
  },
}

function waitingNow(context: CommandContext, name: string) {
  return withDatabase(context, { waiting: 0, untilPeer: 0, untilLogin: 0 }, database =>
    countWaiting(database, `wechat:${name}`),
  )
}

function said({ account, not_sent }: WechatLoggedOut, context: CommandContext): string {
  const t = speaker(context)
  if (not_sent === 0) return t(`Logged out ${account}.`, `已退出 ${account}。`)
  return t(
    `Logged out ${account}; ${not_sent} messages were not sent, "history" shows which.`,
    `已退出 ${account}；${not_sent} 条消息未发送，可用 "history" 查看。`,
  )
}
