import { userKey } from '../../protocol/ilink/account.ts'
import type { Credentials } from '../../protocol/ilink/login.ts'
import type { IlinkOptions } from './options.ts'

/** "By default only the person who scanned" (IL §15), however a host spells the name. */
export function allowedBy(
  { settings }: Pick<IlinkOptions, 'settings'>,
  { userId }: Pick<Credentials, 'userId'>,
): (user: string) => boolean {
  const allowed = new Set([...settings().allow, ...(userId === null ? [] : [userId])].map(userKey))
  return user => allowed.has(userKey(user))
}
