import { isAbort } from '../../core/errors.ts'
import { createChatBots } from '../../embedded/chat-bots.ts'
import { act } from '../act.ts'
import { type CommandContext, DONE, FAILED, speaker } from '../command.ts'
import { createFileView } from './file-view.ts'
import { setStage } from './stage.ts'

/** How many messages `--once` waits for, and for how long at most. */
export const ENOUGH = 10
const ONCE_LIMIT_MS = 60_000

/** Two bots talk on the relay, and what the owner reads along arrives in the files. */
export async function playRelayDemo(given: CommandContext): Promise<number> {
  const t = speaker(given)
  const isOnce = given.values['once'] === true
  const stage = await setStage(given, {})
  const { context, relay, me, signal, folder } = stage
  try {
    const network = { fetch: stage.transport.fetch, clock: context.clock }
    const bots = await createChatBots({ ...network, baseUrl: relay.url, audience: me.id, signal })
    context.print(
      t(`Relay on ${relay.url}, two bots, and you: #${me.id}.`, `中继 ${relay.url}，两个机器人，你是 #${me.id}。`),
    )
    context.print('')
    let hasEnough = false
    const view = createFileView(context, {
      folder,
      onShown(count) {
        if (!isOnce || count < ENOUGH) return
        hasEnough = true
        stage.stop()
      },
    })
    await stage.startDaemon(view.update)
    const text = t('Hello! May I read along?', '你好！我可以旁听吗？')
    for (const id of bots.ids) await act(context, 'send', { to: String(id), text }, { repeatable: false })
    await bots.begin()

    // Whatever ends the wait, it has ended.
    await context.clock.sleep(isOnce ? ONCE_LIMIT_MS : FOR_EVER_MS, signal).catch(() => undefined)
    const isDone = isOnce ? hasEnough : context.interrupted.aborted
    context.print('')
    context.print(isDone ? view.summary() : t('The messages did not arrive in time.', '消息未能及时到达。'))
    return isDone ? DONE : FAILED
  } catch (error) {
    // Ctrl-C is how a demo ends, also while it is still beginning.
    if (context.interrupted.aborted && isAbort(error)) return isOnce ? FAILED : DONE
    throw error
  } finally {
    await stage.close()
  }
}

const FOR_EVER_MS = Number.MAX_SAFE_INTEGER
