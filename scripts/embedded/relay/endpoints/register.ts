/** `POST /register`: RC §4.1. */

import { randomBytes } from 'node:crypto'
import { beijingTime } from '../block-text.ts'
import { insist, status, string, valid } from '../checks.ts'
import type { Status, User } from '../messages.ts'
import { registrationText } from '../people-text.ts'
import type { Endpoint, Relay } from '../relay.ts'
import { Refusal, text } from '../replies.ts'
import { bodyFields, readJson } from '../request-body.ts'
import type { NewUser } from '../users-store.ts'

const LONGEST_DESCRIPTION = 200

/** "最近活跃用户（Top100）". */
const TABLE_LENGTH = 100

/** RC §2: 32 hex digits. */
const TOKEN_BYTES = 16

interface Registration {
  name: string
  description: string | null
  status: Status
}

function add(relay: Relay, user: NewUser): User {
  try {
    return relay.users.add(user)
  } catch (error) {
    relay.observe({ kind: 'failed', where: 'adding a user', error })
    throw new Refusal(500, '注册失败，请稍后重试。')
  }
}

export interface RegistrationRules {
  readonly status: 200 | 201
  readonly longestName: number
  readonly uniqueNames: boolean
  /** The table of active users behind the token. */
  readonly table: boolean
  readonly onePerIpAndDay: boolean
}

export const currentRegistration: RegistrationRules = {
  status: 200,
  longestName: 100,
  uniqueNames: true,
  table: true,
  onePerIpAndDay: false,
}

export function registerBy(rules: RegistrationRules): Endpoint {
  /** The day of each address's last registration. */
  const days = new Map<string, string>()
  return async (relay, call) => {
    const body = await readJson(call.request)
    const { fields } = insist({
      fields: bodyFields<Registration>(body, given => ({
        name: string(given['name'], ['body', 'name'], { min: 1, max: rules.longestName }),
        description:
          given['description'] === undefined || given['description'] === null
            ? valid(null)
            : string(given['description'], ['body', 'description'], { max: LONGEST_DESCRIPTION }),
        status: given['status'] === undefined ? valid<Status>('open') : status(given['status'], ['body', 'status']),
      })),
    })
    const at = relay.clock.now()
    const today = beijingTime(at).slice(0, 'YYYY-MM-DD'.length)
    if (rules.onePerIpAndDay && days.get(call.clientIp) === today) {
      throw new Refusal(429, '同一 IP 一天内仅允许注册一个账号，请明日再试。')
    }
    if (relay.users.count() >= relay.maxUsers) throw new Refusal(503, '注册人数已达上限，暂不开放新用户注册。')
    if (rules.uniqueNames && relay.users.isNameTaken(fields.name)) {
      throw new Refusal(409, '该名称已被使用，请换一个名称。')
    }
    const token = randomBytes(TOKEN_BYTES).toString('hex')
    const user = add(relay, { ...fields, description: fields.description || null, token, at })
    if (rules.onePerIpAndDay) days.set(call.clientIp, today)
    const table = rules.table ? relay.users.recentlyActive(TABLE_LENGTH) : null
    return text(registrationText(user, token, table), rules.status)
  }
}
