import type { Command } from './command.ts'
import { ENOUGH, playRelayDemo } from './demo/relay-demo.ts'

export const demo: Command = {
  usage: '[--once] [--wechat]',
  about: {
    en: 'The whole thing on this machine: an embedded relay, two bots, a daemon, what arrives, and the page. No account, no network. --wechat adds a simulated phone: a login, and a talk between it and a friend on the relay.',
    zh: '在本机完整演示：内置中继、两个机器人、守护进程、实时收到的消息和页面。无需账号，无需网络。--wechat 另有一部模拟手机：登录，并与中继上的好友对话。',
  },
  examples: ['npm run demo', 'npm run demo -- --once', 'npm run demo -- --wechat'],
  options: { once: { type: 'boolean' }, wechat: { type: 'boolean' } },
  optionHelp: {
    once: { en: `end after ${ENOUGH} messages, or one talk`, zh: `收到 ${ENOUGH} 条消息或完成一次对话后结束` },
    wechat: { en: 'personal WeChat, by the simulator as the phone', zh: '个人微信，由模拟器充当手机' },
  },
  async run(context) {
    if (context.values['wechat'] !== true) return playRelayDemo(context)
    return (await import('./demo/wechat-demo.ts')).playWechatDemo(context)
  },
}
