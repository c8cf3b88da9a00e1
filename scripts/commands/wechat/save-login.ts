import { AppError, isAbort, StorageError } from '../../core/errors.ts'
import { type Bilingual, inLanguage } from '../../core/i18n.ts'
import type { WechatSaved, WechatSaveParams } from '../../engine/actions/wechat.ts'
import { shownText } from '../../protocol/untrusted-text.ts'
import { runningDaemon } from '../../store/ownership.ts'
import { act } from '../act.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { sayFailed } from './login-failures.ts'

/** A phone does not confirm twice: whoever holds the folder now is asked until it has taken what the login brought. */
export async function saveLogin(context: CommandContext, params: WechatSaveParams): Promise<number> {
  const saved = await save(context, params)
  const { account, renewed } = saved
  const { botId, userId } = params.credentials
  const daemon = runningDaemon(context.folder())
  if (context.json) {
    const facts = { account, renewed, asked_for: params.name ?? null, bot_id: botId, user: userId }
    context.print(JSON.stringify({ state: 'logged_in', ...facts, daemon_running: daemon !== null }))
    return DONE
  }
  const t = speaker(context)
  context.print(t(`Logged in as ${account}.`, `已登录，账号名：${account}。`))
  const name = nameRemark(saved, params.name)
  if (name !== null) context.print(inLanguage(name, context.language))
  if (userId !== null) context.print(`  ${t('Scanned by', '扫描者')}: ${shownText(userId).text}`)
  context.print(
    t(
      'Now write something to the bot in WeChat: only who wrote can be answered, about 10 times within a day for each message.',
      '现在请在微信里给机器人写一句话：只能回复写过消息的人，每条消息一天内大约可回复 10 次。',
    ),
  )
  context.print(t(`How it is: wechat status ${account}`, `查看状态：wechat status ${account}`))
  if (daemon === null) {
    context.print(
      t('Nothing is received before the daemon runs: npm run sse', '守护进程运行后才能收到消息：npm run sse'),
    )
  }
  return DONE
}

function nameRemark({ account, renewed }: WechatSaved, asked: string | undefined): Bilingual | null {
  if (asked === account || (asked === undefined && !renewed)) return null
  if (renewed) {
    return {
      en: `Whoever scanned has that account here already: it is renewed, and keeps its name.`,
      zh: '扫描者在此处已有该账号：已更新登录，名称不变。',
    }
  }
  return {
    en: `The name ${asked} belongs to somebody else here, so it is called ${account}.`,
    zh: `名称 ${asked} 已属于他人，因此命名为 ${account}。`,
  }
}

/** A disk that is full may be cleared, and a daemon of an older version started anew. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
const PATIENCE_MS = 10 * 60_000

async function save(context: CommandContext, params: WechatSaveParams): Promise<WechatSaved> {
  const { clock, interrupted } = context
  const until = clock.monotonic() + PATIENCE_MS
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await act<WechatSaved>(context, 'wechat-save', params, { repeatable: true })
    } catch (error) {
      if (isAbort(error)) {
        context.note(inLanguage(LOST, context.language))
        throw error
      }
      if (!(error instanceof AppError)) throw error
      if (clock.monotonic() >= until) throw notSaved(error, context)
      sayWaiting(error, context)
    }
    await clock.sleep(pauseMs, interrupted).catch(error => {
      context.note(inLanguage(LOST, context.language))
      throw error
    })
  }
}

function sayWaiting(error: AppError, context: CommandContext): void {
  const why = inLanguage(error.text, context.language)
  if (context.json) {
    context.print(JSON.stringify({ state: 'not_saved_yet', reason: why }))
    return
  }
  context.note(
    speaker(context)(
      `Confirmed on the phone, but not saved yet: ${why} It is tried again; leave this running.`,
      `手机已确认，但尚未保存：${why} 正在重试；请不要关闭。`,
    ),
  )
}

const LOST: Bilingual = {
  en: 'The phone had confirmed, and it was not saved: an account that was here before needs this login. Run "wechat login" again.',
  zh: '手机已确认，但未能保存：此前在此处的账号需要这次登录。请重新运行 "wechat login"。',
}

function notSaved(cause: AppError, context: CommandContext): StorageError {
  sayFailed('not_saved', context)
  return new StorageError(
    {
      en: `The phone confirmed, but the login could not be saved: ${inLanguage(cause.text, 'en')}`,
      zh: `手机已确认，但登录无法保存：${inLanguage(cause.text, 'zh')}`,
    },
    {
      nextStep: {
        en: 'Repair that ("doctor" helps), then run "wechat login" again. No message is lost meanwhile.',
        zh: '请先解决（"doctor" 可帮助排查），然后重新运行 "wechat login"。期间不会丢失消息。',
      },
      cause,
    },
  )
}
