import { certify, type HostRole, type Trust } from '../core/audit/certificate'
import { ephemeralKey, randomId } from './crypto'
import type { WriterIdentity } from './writer-chain'

/** For tests: a log of its own with a root and one host, as `openKeys` would make them, in memory. */
export function testIdentity(log = randomId()): { identity(role?: HostRole): WriterIdentity; trust: Trust } {
  const root = ephemeralKey()
  const host = ephemeralKey()
  const roles = ['gateway', 'console', 'sealer'] as const
  const certificate = certify(
    { v: 1, type: 'host', log, host: 'test', key: host.publicKey, roles, at: '2026-01-01T00:00:00.000Z' },
    root.sign,
  )
  return {
    identity: (role = 'gateway') => ({ log, role, host: certificate, sign: host.sign }),
    trust: { v: 1, log, root: root.publicKey, logKey: ephemeralKey().publicKey },
  }
}
