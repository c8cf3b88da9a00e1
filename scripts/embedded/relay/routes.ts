/** The fifteen endpoints of RC §3, and what is said about paths that are none of them. */

import { block, unblock } from './endpoints/blocking.ts'
import { getHomepage, putHomepage } from './endpoints/homepage.ts'
import { readMessages } from './endpoints/messages.ts'
import { changeStatus, discover, listFriends, showUser } from './endpoints/people.ts'
import { register } from './endpoints/register.ts'
import { sendFile, sendText } from './endpoints/send.ts'
import { health, stats } from './endpoints/status.ts'
import { openStream } from './endpoints/stream.ts'
import type { Endpoint } from './relay.ts'
import { detail, type Family, type Reply } from './replies.ts'

interface Route {
  readonly method: string
  readonly path: string
  readonly family: Family
  readonly endpoint: Endpoint
}

/** RC §5 says which family an endpoint belongs to; `/health` and `/stats` refuse nothing. */
const routes: readonly Route[] = [
  { method: 'POST', path: '/register', family: 'B', endpoint: register },
  { method: 'GET', path: '/messages', family: 'A', endpoint: readMessages },
  { method: 'POST', path: '/send', family: 'A', endpoint: sendText },
  { method: 'POST', path: '/send/file', family: 'A', endpoint: sendFile },
  { method: 'GET', path: '/users', family: 'A', endpoint: discover },
  { method: 'GET', path: '/users/{id}', family: 'A', endpoint: showUser },
  { method: 'GET', path: '/friends', family: 'A', endpoint: listFriends },
  { method: 'PATCH', path: '/me', family: 'A', endpoint: changeStatus },
  { method: 'POST', path: '/block/{id}', family: 'A', endpoint: block },
  { method: 'POST', path: '/unblock/{id}', family: 'A', endpoint: unblock },
  { method: 'PUT', path: '/homepage', family: 'B', endpoint: putHomepage },
  { method: 'GET', path: '/homepage/{id}', family: 'B', endpoint: getHomepage },
  { method: 'GET', path: '/stream', family: 'B', endpoint: openStream },
  { method: 'GET', path: '/health', family: 'B', endpoint: health },
  { method: 'GET', path: '/stats', family: 'B', endpoint: stats },
]

/** RC §2: "Exempt: `/health`, `/stats`, `/stream`, `/register`, `/homepage…`." */
export function isRateLimited(path: string): boolean {
  return !['/health', '/stats', '/stream', '/register'].includes(path) && !path.startsWith('/homepage')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** What stands in the place of `{id}`; the empty string when the route has none; null when the path does not fit. */
function match(route: Route, path: string): string | null {
  if (!route.path.endsWith('/{id}')) return route.path === path ? '' : null
  const prefix = route.path.slice(0, -'{id}'.length)
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : ''
  return rest === '' || rest.includes('/') ? null : decoded(rest)
}

export type Routed =
  | { readonly family: Family; readonly endpoint: Endpoint; readonly idText: string }
  | { readonly reply: Reply }

export interface Target {
  readonly method: string
  readonly path: string
  /** With its question mark, or empty. */
  readonly search: string
  readonly origin: string
}

/** By hand: the obvious expression takes quadratic time on a path of slashes. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end -= 1
  return path.slice(0, end)
}

/** RC §2: "A trailing slash answers 307 to the same host"; the method does not matter for it. */
function redirect({ path, search, origin }: Target): Reply | null {
  const shorter = withoutTrailingSlashes(path)
  if (shorter === path || !routes.some(route => match(route, shorter) !== null)) return null
  return { status: 307, type: null, body: '', headers: { location: `${origin}${shorter}${search}` } }
}

export function findRoute(target: Target): Routed {
  const fitting = routes.flatMap(route => {
    const idText = match(route, target.path)
    return idText === null ? [] : [{ ...route, idText }]
  })
  const found = fitting.find(({ method }) => method === target.method)
  if (found !== undefined) return found
  const [other] = fitting
  if (other !== undefined) return { reply: detail(405, 'Method Not Allowed', { allow: other.method }) }
  return { reply: redirect(target) ?? detail(404, 'Not Found') }
}
