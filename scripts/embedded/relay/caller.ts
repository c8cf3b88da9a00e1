/** Who calls, and the parameters most endpoints share. */

import { type Checked, integerText, invalid, valid } from './checks.ts'
import type { User } from './messages.ts'
import type { Call, Relay } from './relay.ts'
import { Refusal } from './replies.ts'

/** RC §2: "Auth is the header `X-Token`". An unknown token ends the call before anything else is looked at. */
export function caller(relay: Relay, call: Call): Checked<User> {
  if (call.request.headers['x-token'] === undefined) return invalid(['header', 'X-Token'], 'Field required')
  if (call.user === null) throw new Refusal(401, 'Token 无效')
  relay.users.touch(call.user.id, relay.clock.now())
  return valid(call.user)
}

export function idInPath(call: Call): Checked<number> {
  return integerText(call.idText, ['path', 'user_id'])
}

export function mustExist(user: User | null): User {
  if (user === null) throw new Refusal(404, '用户不存在')
  return user
}
