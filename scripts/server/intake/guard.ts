import { type Asking, LOOPBACK_NAMES, type Refusal } from '../http/asking.ts'

/** Who may ask, before anything is read. Pure, so that the whole matrix can be tried. */

/** null: go on. @param hosts names besides those of this machine, in lower case */
export function refusalOf(
  { method, target, hosts, origin, site }: Asking,
  publicHosts: readonly string[],
): Refusal | null {
  // A proxy's form, or `*`: there is nothing here to forward to.
  if (!target.startsWith('/')) return { status: 400, error: 'bad_target' }
  // A name of somebody else's that leads to this machine (DNS rebinding) is same-origin to a browser.
  const name = hosts.length === 1 ? nameIn(hosts[0] ?? '') : null
  if (name === null || !(LOOPBACK_NAMES.includes(name) || publicHosts.includes(name))) {
    return { status: 421, error: 'wrong_host' }
  }
  // Only programs ask here. Pages that the owner has open must not, not even ones that this machine serves.
  if (origin !== undefined || (site !== undefined && site !== 'none')) return { status: 403, error: 'cross_site' }
  return method === 'POST' ? null : { status: 405, error: 'method_not_allowed' }
}

/** Without the port: tunnels and proxies have another one than we have. */
function nameIn(host: string): string | null {
  return /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase() ?? null
}
