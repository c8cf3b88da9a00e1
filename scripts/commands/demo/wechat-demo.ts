import { join } from 'node:path'
import { isAbort } from '../../core/errors.ts'
import { type IlinkSimulator, startIlinkSimulator } from '../../embedded/ilink/simulator.ts'
import { listenAs } from '../../embedded/relay-listener.ts'
import { type RelayUser, registerUser } from '../../embedded/relay-user.ts'
import { act } from '../act.ts'
import { type CommandContext, DONE, FAILED, speaker } from '../command.ts'
import { logIn } from '../wechat/login.ts'
import { BOLD, DIM, GREEN, paint } from './paint.ts'
import { createPhoneView, type PhoneView } from './phone-view.ts'
import { type Stage, setStage } from './stage.ts'

/** As long as a person takes. */
const LOOKS_MS = 1500
const TAPS_MS = 1500
const TYPES_MS = 1200
const STEP_LIMIT_MS = 30_000

/**
 * A login by QR code, a friend on the relay who writes, and an answer that goes back by quoting the notice. Everything is as
 * it is in earnest but the phone and the server behind it, which are the simulator.
 */
export async function playWechatDemo(given: CommandContext): Promise<number> {
  const isOnce = given.values['once'] === true
  const simulator = await startIlinkSimulator({})
  let stage: Stage | undefined
  try {
    stage = await setStage(given, {
      wechat: { baseUrl: simulator.url, cdnUrl: simulator.cdnUrl },
      routes: [
        { from: 'relay', to: 'wechat:main/me' },
        { from: 'wechat:main', to: 'relay' },
      ],
    })
    const { context, signal } = stage
    const t = speaker(context)
    await stage.startDaemon(() => undefined)
    const friend = await callFriend(stage)
    await signIn(stage, simulator)
    const phone = createPhoneView(context, simulator)
    await talk({ stage, simulator, phone, friend })
    context.print('')
    context.print(
      t(
        `That was a real login, and real messages both ways: look at ${stage.folder.path}`,
        `以上是真实的登录流程与双向消息：见 ${stage.folder.path}`,
      ),
    )
    if (isOnce) return DONE
    context.print(t('The page stays open until Ctrl-C.', '页面会一直开着，直到按下 Ctrl-C。'))
    await context.clock.sleep(Number.MAX_SAFE_INTEGER, signal).catch(() => undefined)
    return DONE
  } catch (error) {
    if (given.interrupted.aborted && isAbort(error)) return isOnce ? FAILED : DONE
    throw error
  } finally {
    await stage?.close()
    await simulator.close()
  }
}

/** Somebody on the relay who is a friend already. */
async function callFriend({ context, relay, me, transport, signal }: Stage): Promise<Friend> {
  const t = speaker(context)
  const network = { fetch: transport.fetch, clock: context.clock }
  const user = await registerUser(relay.url, { name: t('Lumen', '小灯 Lumen') }, network)
  const heard: string[] = []
  await listenAs(user, { ...network, signal, onHeard: ({ text }) => void heard.push(text) })
  await act(context, 'send', { to: String(user.id), text: t('Friends?', '加个好友？') }, { repeatable: false })
  await until(context, signal, () => heard.length > 0)
  await user.send(me.id, t('Gladly!', '好的！'))
  return { ...user, heard }
}

interface Friend extends RelayUser {
  readonly heard: readonly string[]
}

/** The command's own login; only the thumb on the phone is ours. */
async function signIn(
  { context, folder, transport, signal }: Stage,
  { controls, phone }: IlinkSimulator,
): Promise<void> {
  const t = speaker(context)
  context.print('')
  context.print(paint(context, BOLD, '$ wechat login'))
  context.print(
    paint(
      context,
      DIM,
      t('Elsewhere you would scan this; here the simulated phone does.', '平时由你来扫码；这里由模拟手机代劳。'),
    ),
  )
  const scanned = (async () => {
    await until(context, signal, () => controls.lastQr() !== null)
    const qrcode = controls.lastQr()?.code ?? ''
    await context.clock.sleep(LOOKS_MS, signal)
    phone.scan(qrcode)
    await context.clock.sleep(TAPS_MS, signal)
    phone.confirm(qrcode)
  })()
  scanned.catch(() => undefined)
  // Where nobody sees a terminal, the picture goes into the folder.
  const values = context.errorTerminal || context.terminal ? {} : { svg: join(folder.path, 'login.svg') }
  const onlooker = { lines: NOBODY_TYPES, columns: () => process.stderr.columns || USUAL_COLUMNS }
  await logIn({ ...context, json: false, values }, undefined, { fetch: transport.fetch, ...onlooker })
  await scanned
}

const USUAL_COLUMNS = 80
const NOBODY_TYPES = { next: () => Promise.resolve(null), close: () => undefined }

/** Two questions, each answered by quoting the notice of it. */
async function talk({ stage, simulator, phone, friend }: Playing): Promise<void> {
  const { context, me, signal } = stage
  const t = speaker(context)
  const wait = (condition: () => boolean) =>
    until(context, signal, () => {
      phone.update()
      return condition()
    })

  context.print('')
  context.print(paint(context, BOLD, t('The phone (left: the bot, right: you)', '手机（左：机器人，右：你）')))
  simulator.phone.write({ kind: 'text', text: t('Hello bot, I am here.', '你好，我在。') })
  const lines = [
    [t('Are you coming on Friday?', '周五你来吗？'), t('Yes, at seven.', '来，七点到。')],
    [t('Shall I bring something?', '要我带点什么吗？'), t('Only yourself!', '人来就行！')],
  ] as const
  for (const [question, answer] of lines) {
    context.print(paint(context, DIM, t(`   ${friend.name} writes on the relay …`, `   ${friend.name} 在中继上写道……`)))
    await friend.send(me.id, question)
    await wait(() => phone.noticeOf(question) !== null)
    await context.clock.sleep(TYPES_MS, signal)
    simulator.phone.write({ kind: 'quote', of: phone.noticeOf(question) ?? '', text: answer })
    await wait(() => friend.heard.includes(answer))
    context.print(paint(context, GREEN, t(`   ${friend.name} reads: ${answer}`, `   ${friend.name} 收到：${answer}`)))
  }
}

interface Playing {
  readonly stage: Stage
  readonly simulator: IlinkSimulator
  readonly phone: PhoneView
  readonly friend: Friend
}

/** @throws Error when it takes too long: the demo is then what has failed */
async function until({ clock }: CommandContext, signal: AbortSignal, condition: () => boolean): Promise<void> {
  const end = clock.monotonic() + STEP_LIMIT_MS
  while (!condition()) {
    if (clock.monotonic() > end) throw new Error('The demo came to no end')
    await clock.sleep(LOOK_MS, signal)
  }
}

const LOOK_MS = 50
