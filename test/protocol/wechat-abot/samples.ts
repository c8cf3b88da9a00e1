import assert from 'node:assert/strict'
import { type AbotMessage, readAbotMessage } from '../../../scripts/protocol/wechat-abot/message.ts'

/** What is a message, or the test fails. */
export function read(value: unknown): AbotMessage {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const reading = readAbotMessage(Buffer.from(text))
  assert.ok(reading.kind === 'message')
  return reading
}

/** Somebody’s to us alone. */
export const PRIVATE = {
  TypeName: 'AddMsg',
  Data: {
    MsgId: 12345,
    NewMsgId: 678,
    FromUserName: { string: 'wxid_a' },
    ToUserName: { string: 'wxid_me' },
    MsgType: 1,
    Content: { string: '你好' },
    CreateTime: 1773570600,
  },
}
export const GROUP = '4567@chatroom'

/** What a group sends. */
export function inGroup(content: string, msgSource = ''): AbotMessage {
  const own = { FromUserName: { string: GROUP }, Content: { string: content }, MsgSource: msgSource }
  return read({ ...PRIVATE, Data: { ...PRIVATE.Data, ...own } })
}
