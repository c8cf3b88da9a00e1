/** The fifteen endpoints of RC §3, and what is said about paths that are none of them. */

import { block, unblock } from './endpoints/blocking.ts'
import { getHomepage, putHomepage } from './endpoints/homepage.ts'
import { readMessages } from './endpoints/messages.ts'
import { changeStatus, discover, listFriends, showUser } from './endpoints/people.ts'
import { currentRegistration, registerBy } from './endpoints/register.ts'
import { deliverFileBy, sendFileBy, sendTextBy } from './endpoints/send.ts'
import { health, stats } from './endpoints/status.ts'
import { currentStream, openStreamBy } from './endpoints/stream.ts'
import type { Endpoint } from './relay.ts'
import { detail, type Family, type Reply } from './replies.ts'
import { currentSending } from './sending.ts'

export interface Route {
  readonly method: string
  readonly path: string
  readonly family: Family
  readonly endpoint: Endpoint
}

/** The endpoints that are not the same in every revision and with every fault. */
export interface Varying {
  readonly readMessages: Endpoint
  readonly sendText: Endpoint
  /** null: the revision has none; so with the others. */
  readonly sendFile: Endpoint | null
  readonly openStream: Endpoint | null
  readonly register: Endpoint
  readonly users: Endpoint
  readonly hasHomepages: boolean
  readonly healthPath: string
  /** Of all but `/stream` and homepages. */
  readonly family: Family
  readonly registerFamily: Family
}

const currentVarying: Varying = {
  readMessages,
  sendText: sendTextBy(currentSending),
  sendFile: sendFileBy(deliverFileBy(currentSending)),
  openStream: openStreamBy(currentStream),
  register: registerBy(currentRegistration),
  users: discover,
  hasHomepages: true,
  healthPath: '/health',
  family: 'A',
  registerFamily: 'B',
}

/** RC §5 says which family an endpoint belongs to; `/health` and `/stats` refuse nothing. */
export function createRoutes(varying: Varying): readonly Route[] {
  const { family, sendFile, openStream } = varying
  const route = (line: string, endpoint: Endpoint | null, its: Family = family): Route[] => {
    const [method = '', path = ''] = line.split(' ')
    return endpoint === null ? [] : [{ method, path, family: its, endpoint }]
  }
  return [
    route('POST /register', varying.register, varying.registerFamily),
    route('GET /messages', varying.readMessages),
    route('POST /send', varying.sendText),
    route('POST /send/file', sendFile),
    route('GET /users', varying.users),
    route('GET /users/{id}', showUser),
    route('GET /friends', listFriends),
    route('PATCH /me', changeStatus),
    route('POST /block/{id}', block),
    route('POST /unblock/{id}', unblock),
    route('PUT /homepage', varying.hasHomepages ? putHomepage : null, 'B'),
    route('GET /homepage/{id}', varying.hasHomepages ? getHomepage : null, 'B'),
    route('GET /stream', openStream, 'B'),
    route(`GET ${varying.healthPath}`, health, 'B'),
    route('GET /stats', stats, 'B'),
  ].flat()
}

export const currentRoutes: readonly Route[] = createRoutes(currentVarying)

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
function redirect({ path, search, origin }: Target, routes: readonly Route[]): Reply | null {
  const shorter = withoutTrailingSlashes(path)
  if (shorter === path || !routes.some(route => match(route, shorter) !== null)) return null
  return { status: 307, type: null, body: '', headers: { location: `${origin}${shorter}${search}` } }
}

export function findRoute(target: Target, routes: readonly Route[]): Routed {
  const fitting = routes.flatMap(route => {
    const idText = match(route, target.path)
    return idText === null ? [] : [{ ...route, idText }]
  })
  const found = fitting.find(({ method }) => method === target.method)
  if (found !== undefined) return found
  const [other] = fitting
  if (other !== undefined) return { reply: detail(405, 'Method Not Allowed', { allow: other.method }) }
  return { reply: redirect(target, routes) ?? detail(404, 'Not Found') }
}
