import { NO_DESCRIPTION } from './profile.ts'

/** What `POST /register` gave (RC §4.1). The token is shown once and never again. */
export interface Registration {
  readonly id: number
  readonly token: string
}

const SEP = '─'.repeat(40)

/**
 * Builds the expected text from what was sent and takes the token right behind it: the table below holds other users'
 * names, unescaped, and one of them may well contain `Token：…`.
 */
export function parseRegistration(
  text: string,
  sent: { readonly name: string; readonly description: string | null },
): Registration | null {
  const head = /^注册成功\n─{40}\nID：(\d{1,15})\n名称：/.exec(text)
  if (head === null) return null
  const described = sent.description === null || sent.description === '' ? NO_DESCRIPTION : sent.description
  const middle = `${sent.name}\n简介：${described}\n状态：`
  if (!text.startsWith(middle, head[0].length)) return null
  const rest = text.slice(head[0].length + middle.length)
  const token = new RegExp(`^(?:可交流|仅好友|免打扰)\\nToken：([0-9a-f]{32})\\n${SEP}\\n`).exec(rest)
  return token?.[1] === undefined ? null : { id: Number(head[1]), token: token[1] }
}
