import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type Certificate = { readonly key: string; readonly cert: string }

/** For tests: a certificate for one name, signed by itself. */
export function certificateFor(name: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'))
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`]
    const more = ['-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert]
    const made = spawnSync('openssl', ['req', ...kind, ...more], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`openssl is needed for a certificate, and said: ${made.stderr ?? made.error?.message}`)
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export type Received = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }

export type WebReceiver = {
  readonly port: number
  readonly received: readonly Received[]
  /** How many connections were opened, whatever came of them. */
  connections(): number
  close(): Promise<void>
}

type Receiving = { readonly respond?: RequestListener; readonly tls?: Certificate; readonly host?: string; readonly port?: number }

/** For tests: something that webhooks are sent to. It keeps what came before it answers, 200 unless told otherwise. */
export async function startWebReceiver({ respond, tls, host = '127.0.0.1', port = 0 }: Receiving = {}): Promise<WebReceiver> {
  const received: Received[] = []
  let connections = 0
  const sockets = new Set<Socket>()
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
      if (respond) respond(request, response)
      else response.end('ok')
    })
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export type MailReceived = {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly user: string | undefined
  readonly isSecure: boolean
}

export type MailReceiver = {
  readonly port: number
  readonly mails: readonly MailReceived[]
  /** Every password that was offered. */
  readonly passwords: readonly string[]
  connections(): number
  close(): Promise<void>
}

/** For tests: a mail server that takes `countersign` with the password `correct`. */
export async function startMailReceiver(options: SMTPServerOptions): Promise<MailReceiver> {
  const mails: MailReceived[] = []
  const passwords: string[] = []
  let connections = 0
  const server = new SMTPServer({
    ...options,
    onConnect: (_session, done) => {
      connections += 1
      done()
    },
    onAuth: ({ username, password }, _session, done) => {
      passwords.push(password ?? '')
      if (username === 'countersign' && password === 'correct') done(null, { user: username })
      else done(new Error('Invalid username or password'))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
          user: session.user,
          isSecure: session.secure,
        })
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    passwords,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
