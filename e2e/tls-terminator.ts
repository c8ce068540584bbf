import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The one name that browsers and Node.js alike take to this machine, wherever they run. */
export const NAME = 'localhost'

/** What the terminator says the caller's address is, after whatever the caller says. */
export const CALLER = '192.0.2.55'

export type Terminator = { readonly url: string; close(): Promise<void> }

/** TLS in front of a console, as an operator would set it up: the name is kept, and who calls is added to what the caller says. */
export async function startTerminator(port: number, upstreamPort: number): Promise<Terminator> {
  const server = createServer(certificate(), (incoming, outgoing) => {
    const forwarded = [incoming.headers['x-forwarded-for'], CALLER].filter(Boolean).join(', ')
    const headers = { ...incoming.headers, 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https' }
    const passed = request({ port: upstreamPort, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `https://${NAME}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function certificate(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'))
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`]
    const made = spawnSync('openssl', ['req', ...kind, '-keyout', key, '-out', cert], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`openssl is needed for a certificate, and said: ${made.stderr ?? made.error?.message}`)
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
