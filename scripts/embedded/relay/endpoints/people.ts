/** Profiles, discovery, friends and one's own status: RC §4.4. */

import { caller, idInPath, mustExist } from '../caller.ts'
import { insist, integerText, status, valid } from '../checks.ts'
import type { Status, User } from '../messages.ts'
import { discoveryText, friendsText, profileText, statusLabel } from '../people-text.ts'
import type { Call, Outcome, Relay } from '../relay.ts'
import { text } from '../replies.ts'
import { bodyFields, readJson } from '../request-body.ts'

/** RC §3: "≤ 10 random `open` users, not oneself". */
const DISCOVERY_LENGTH = 10

/** Takes `count` at random: the first steps of a Fisher-Yates shuffle. */
function pick(ids: readonly number[], count: number, random: () => number): number[] {
  const left = [...ids]
  const picked: number[] = []
  while (picked.length < count && left.length > 0) {
    picked.push(...left.splice(Math.floor(random() * left.length), 1))
  }
  return picked
}

export function discover(relay: Relay, call: Call): Outcome {
  const { user } = insist({ user: caller(relay, call) })
  const candidates = relay.users.discoverable(user.id, call.query.getAll('keyword').at(-1) ?? '')
  const shown = pick(candidates, DISCOVERY_LENGTH, () => relay.clock.random())
    .map(id => relay.users.byId(id))
    .filter((found): found is User => found !== null)
  return text(discoveryText(shown, candidates.length))
}

const DEFAULT_PAGE_SIZE = 20

/** RC §11, 2026-03-08: `/users?page=&page_size=`. No answer was recorded: the frame is that of the later revisions. */
export function listUsers(relay: Relay, call: Call): Outcome {
  const number = (name: string, otherwise: number) => {
    const given = call.query.getAll(name).at(-1)
    return given === undefined ? valid(otherwise) : integerText(given, ['query', name], { min: 1 })
  }
  const { user, page, size } = insist({
    user: caller(relay, call),
    page: number('page', 1),
    size: number('page_size', DEFAULT_PAGE_SIZE),
  })
  const all = relay.users.discoverable(user.id, '').sort((a, b) => a - b)
  const shown = all
    .slice((page - 1) * size, page * size)
    .map(id => relay.users.byId(id))
    .filter((found): found is User => found !== null)
  return text(discoveryText(shown, all.length))
}

export function showUser(relay: Relay, call: Call): Outcome {
  const { id } = insist({ user: caller(relay, call), id: idInPath(call) })
  return text(profileText(mustExist(relay.users.byId(id))))
}

export function listFriends(relay: Relay, call: Call): Outcome {
  const { user } = insist({ user: caller(relay, call) })
  return text(friendsText(relay.relations.friendsOf(user.id)))
}

export async function changeStatus(relay: Relay, call: Call): Promise<Outcome> {
  const body = await readJson(call.request)
  const { user, fields } = insist({
    user: caller(relay, call),
    fields: bodyFields<{ status: Status }>(body, given => ({ status: status(given['status'], ['body', 'status']) })),
  })
  relay.users.setStatus(user.id, fields.status)
  return text(`状态已更新为：${statusLabel(fields.status)}（${fields.status}）`)
}
