/** `POST /register`: RC §4.1. */

import { randomBytes } from 'node:crypto'
import { insist, status, string, valid } from '../checks.ts'
import type { Status, User } from '../messages.ts'
import { registrationText } from '../people-text.ts'
import type { Call, Outcome, Relay } from '../relay.ts'
import { Refusal, text } from '../replies.ts'
import { bodyFields, readJson } from '../request-body.ts'
import type { NewUser } from '../users-store.ts'

const LONGEST_NAME = 100
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

export async function register(relay: Relay, call: Call): Promise<Outcome> {
  const body = await readJson(call.request)
  const { fields } = insist({
    fields: bodyFields<Registration>(body, given => ({
      name: string(given['name'], ['body', 'name'], { min: 1, max: LONGEST_NAME }),
      description:
        given['description'] === undefined || given['description'] === null
          ? valid(null)
          : string(given['description'], ['body', 'description'], { max: LONGEST_DESCRIPTION }),
      status: given['status'] === undefined ? valid<Status>('open') : status(given['status'], ['body', 'status']),
    })),
  })
  if (relay.users.count() >= relay.maxUsers) throw new Refusal(503, '注册人数已达上限，暂不开放新用户注册。')
  if (relay.users.isNameTaken(fields.name)) throw new Refusal(409, '该名称已被使用，请换一个名称。')
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  const user = add(relay, { ...fields, description: fields.description || null, token, at: relay.clock.now() })
  return text(registrationText(user, token, relay.users.recentlyActive(TABLE_LENGTH)))
}
