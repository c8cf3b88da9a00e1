import { type Asking, LOOPBACK_NAMES, type Refusal } from '../http/asking.ts'

/** Who may ask for what, before anything is looked at on disk. Pure, so that the whole matrix can be tried. */

/** What a browser writes that asks for its own page, or was told the address by its user. */
const OWN_SITES = new Set(['same-origin', 'none'])

/** null: go on. */
export function refusalOf(asking: Asking, port: number): Refusal | null {
  // A proxy's form, or `*`: there is nothing here to forward to.
  if (!asking.target.startsWith('/')) return { status: 400, error: 'bad_target' }
  const host = asking.hosts.length === 1 ? asking.hosts[0]?.toLowerCase() : undefined
  // A name of somebody else's that leads to this machine (DNS rebinding) is same-origin to the browser.
  if (host === undefined || !isOurs(host, port)) return { status: 421, error: 'wrong_host' }
  const { origin, site } = asking
  const foreign = (origin !== undefined && origin !== `http://${host}`) || (site !== undefined && !OWN_SITES.has(site))
  if (foreign) return { status: 403, error: 'cross_site' }
  return asking.method === 'GET' || asking.method === 'HEAD' ? null : { status: 405, error: 'method_not_allowed' }
}

function isOurs(host: string, port: number): boolean {
  return LOOPBACK_NAMES.some(name => host === `${name}:${port}` || (port === 80 && host === name))
}
