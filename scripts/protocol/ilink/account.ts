/** Names of bots and people (IL §2, §14). */

const LONGEST_ACCOUNT = 64

/** `B0F5@im.bot` → `b0f5-im-bot`: how the account of that bot is called here, and where the plugin keeps its files. */
export function accountOf(botId: string): string {
  const name = botId
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+/, '')
  return withoutDashes(name).slice(0, LONGEST_ACCOUNT) || 'default'
}

/** At the end. By hand: `-+$` looks at every run of dashes from each of them. */
function withoutDashes(name: string): string {
  let end = name.length
  while (name[end - 1] === '-') end--
  return name.slice(0, end)
}

/** The id that files of the plugin were named after; null: it tells none. */
export function idOfAccount(account: string): string | null {
  const [, name, kind] = /^(.+)-im-(bot|wechat)$/.exec(account) ?? []
  return name === undefined || kind === undefined ? null : `${name}@im.${kind}`
}

/** Hosts put it in front of ids; the server does not know who that is then, and answers `-3` (IL §13). */
const HOST_PREFIX = /^user:/i

/** As it goes onto the wire: with its capitals. */
export function bareUser(user: string): string {
  return user.trim().replace(HOST_PREFIX, '')
}

/** By which people are told apart: hosts write ids in lower case, WeChat does not. */
export function userKey(user: string): string {
  return bareUser(user).toLowerCase()
}
