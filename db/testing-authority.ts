import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For tests: a time stamping authority (RFC 3161) that openssl is, with a certificate of its own from an authority of its own. */
export type TestingAuthority = {
  readonly url: string
  /** PEM: the root, and the certificate that stamps. */
  readonly root: string
  readonly own: string
  readonly folder: string
  /** Asked for instead of what openssl answers; null for that. */
  instead: ((answer: Buffer) => Buffer | null) | null
  close(): Promise<void>
}

export type AuthorityKind = { readonly key: 'rsa' | 'ec'; readonly usage?: string; readonly essHash?: string }

export async function startAuthority({
  key,
  usage = 'critical,timeStamping',
  essHash = 'sha256',
}: AuthorityKind): Promise<TestingAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tsa-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const newKey = key === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  openssl('req', '-x509', ...newKey, '-nodes', '-days', '2', '-subj', '/CN=root', '-keyout', at('root.key'), '-out', at('root.pem'))
  openssl('req', ...newKey, '-nodes', '-subj', '/CN=stamps', '-keyout', at('own.key'), '-out', at('own.csr'))
  writeFileSync(at('own.ext'), `extendedKeyUsage=${usage}\n`)
  const issued = ['-CA', at('root.pem'), '-CAkey', at('root.key'), '-set_serial', '7', '-days', '2', '-extfile', at('own.ext')]
  openssl('x509', '-req', '-in', at('own.csr'), ...issued, '-out', at('own.pem'))
  writeFileSync(at('tsa.cnf'), CONFIG(folder, essHash))
  writeFileSync(at('serial'), '01\n')
  const authority = { instead: null as TestingAuthority['instead'] }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      writeFileSync(at('query'), Buffer.concat(chunks))
      const answer = execFileSync('openssl', ['ts', '-reply', '-config', at('tsa.cnf'), '-queryfile', at('query')], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const instead = authority.instead ? authority.instead(answer) : answer
      response.writeHead(instead ? 200 : 503, { 'content-type': 'application/timestamp-reply' }).end(instead ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(authority, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
    root: readFileSync(at('root.pem'), 'utf8'),
    own: readFileSync(at('own.pem'), 'utf8'),
    folder,
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

const CONFIG = (folder: string, essHash: string): string => `
[ tsa ]
default_tsa = one
[ one ]
serial = ${folder}/serial
crypto_device = builtin
signer_cert = ${folder}/own.pem
signer_key = ${folder}/own.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = ${essHash}
`
