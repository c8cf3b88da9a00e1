import { UsageError } from '../../core/errors.ts'
import { acknowledgeRead } from './acknowledge.ts'
import type { Action, ActionContext } from './action.ts'
import { fetchInbox } from './fetch-inbox.ts'
import { homepageGet, homepagePut } from './homepage.ts'
import { block, friends, me, relayStats, unblock, user, users } from './people.ts'
import { prune } from './prune.ts'
import { rebuild } from './rebuild.ts'
import { send } from './send.ts'
import { webhooksEdit, webhooksLogTest, webhooksRedeliver } from './webhooks.ts'
import { wechatLogout, wechatSave } from './wechat.ts'
import { wechatTyping } from './wechat-typing.ts'

/** Everything that can be asked for over the control socket. */
const ACTIONS = new Map<string, { perform(params: unknown, context: ActionContext): Promise<unknown> }>([
  entry(acknowledgeRead),
  entry(block),
  entry(fetchInbox),
  entry(friends),
  entry(homepageGet),
  entry(homepagePut),
  entry(me),
  entry(prune),
  entry(rebuild),
  entry(relayStats),
  entry(send),
  entry(unblock),
  entry(user),
  entry(users),
  entry(webhooksEdit),
  entry(webhooksLogTest),
  entry(webhooksRedeliver),
  entry(wechatLogout),
  entry(wechatSave),
  entry(wechatTyping),
])

function entry<Params, Result>({ name, params: schema, run }: Action<Params, Result>) {
  const perform = async (params: unknown, context: ActionContext) => {
    const checked = schema.safeParse(params)
    if (!checked.success)
      throw wrongParameters(
        name,
        checked.error.issues.map(issue => issue.path.join('.')),
      )
    return run(checked.data, context)
  }
  return [name, { perform }] as const
}

/** @throws AppError; UsageError when nobody knows that action, or what it was given is not what it takes */
export async function performAction(name: string, params: unknown, context: ActionContext): Promise<unknown> {
  const action = ACTIONS.get(name)
  if (action === undefined) {
    const shown = JSON.stringify(name.slice(0, 40))
    throw new UsageError(
      { en: `The running daemon does not know ${shown}.`, zh: `正在运行的守护进程不认识 ${shown}。` },
      {
        nextStep: {
          en: 'It may be an older version: restart it.',
          zh: '它可能是旧版本：请重启守护进程。',
        },
      },
    )
  }
  return action.perform(params, context)
}

function wrongParameters(name: string, paths: readonly string[]): UsageError {
  const where = [...new Set(paths)].join(', ')
  return new UsageError(
    { en: `${name}: not acceptable: ${where}.`, zh: `${name}：参数不正确：${where}。` },
    { nextStep: { en: `See: ${name} --help`, zh: `参见：${name} --help` } },
  )
}
