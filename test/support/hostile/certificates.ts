import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'tls')

export type Certificate = 'good' | 'expired' | 'other-host' | 'self-signed'

/** For `NODE_EXTRA_CA_CERTS`: who trusts it trusts the good one. */
export const TEST_ROOT = join(FOLDER, 'ca.crt')

export function tlsFiles(name: Certificate): { key: Buffer; cert: Buffer } {
  return { key: readFileSync(join(FOLDER, 'server.key')), cert: readFileSync(join(FOLDER, `${name}.crt`)) }
}
