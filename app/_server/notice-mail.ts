import { connect, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport'
import { AppError } from '../../core/errors'
import { mailHost } from '../../core/notices/addresses'
import type { MailSetup } from '../../core/notices/targets'
import { type Address, ANSWER_BYTES, type Network, pinnedTo, reachableAddresses } from '../../db/web-reach'

export type Mail = {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  /** The same however often it is sent, so that a mailbox can tell a repetition. */
  readonly id: string
}

/**
 * Hands a mail to a server whose name is resolved once and judged, over a socket of our own, and answers what the server said. Throws
 * AppError where it may not go there, where TLS was asked for and is not to be had, or where it does not end within the limit.
 */
export async function sendMail(mail: Mail, setup: MailSetup, password: string, network: Network): Promise<string> {
  const host = mailHost(setup.host, network.reach)
  const watch: Watch = { socket: null, because: null }
  const timer = setTimeout(() => end(watch, `The mail server did not finish within ${network.limitMs / 1000} s.`), network.limitMs)
  const meter = setInterval(() => (watch.socket?.bytesRead ?? 0) > ANSWER_BYTES && end(watch, 'The mail server says too much.'), 50)
  try {
    const addresses = await reachableAddresses(host, network)
    watch.socket = await opened(host.text, setup.port, addresses, watch)
    return await handOver(watch.socket, mail, setup, password, network.ca)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const because = watch.because ?? `The mail server ${host.text}: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new AppError('unavailable', because, { cause })
  } finally {
    clearTimeout(timer)
    clearInterval(meter)
    watch.socket?.destroy()
  }
}

type Watch = { socket: Socket | null; because: string | null }

function end(watch: Watch, because: string): void {
  watch.because ??= because
  watch.socket?.destroy(new Error(because))
}

function opened(host: string, port: number, addresses: readonly Address[], watch: Watch): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (watch.because !== null) return reject(new Error(watch.because))
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, lookup: pinnedTo(addresses) })
    watch.socket = socket
    socket.once('error', reject).once('connect', () => resolve(socket))
  })
}

async function handOver(socket: Socket, mail: Mail, setup: MailSetup, password: string, ca: string | undefined): Promise<string> {
  const { host, port, security, user, from } = setup
  const domain = from.slice(from.lastIndexOf('@') + 1)
  const options: SMTPTransport.Options = {
    connection: socket,
    host,
    port,
    name: domain,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === null ? {} : { auth: { user, pass: password } }),
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  const { response, rejected } = await createTransport(options).sendMail({
    envelope: { from, to: [...mail.to] },
    from: { name: 'Countersign', address: from },
    to: mail.to.map((address) => ({ name: '', address })),
    subject: mail.subject,
    text: mail.text,
    messageId: `<${mail.id}@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Countersign-Notice': mail.id },
  })
  const refused = rejected.length === 0 ? '' : `, but not for ${rejected.join(', ')}`
  return `${response}${refused}`
}
