import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { News } from '../../core/notices/news'
import { mailText } from '../../core/notices/payloads'
import type { MailSetup } from '../../core/notices/targets'
import { certificateFor, type MailReceiver, startMailReceiver } from '../../db/testing-receivers'
import type { Network } from '../../db/web-reach'
import { type Mail, sendMail } from './notice-mail'

const NAME = 'smtp.example.org'
const tls = certificateFor(NAME)

const open: { close(): Promise<void> }[] = []
const receiver = async (options: Parameters<typeof startMailReceiver>[0]): Promise<MailReceiver> => {
  const started = await startMailReceiver(options)
  open.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

const network = (over: Partial<Network> = {}): Network => ({
  ...{ reach: 'private', lookup: async () => [{ address: '127.0.0.1', family: 4 }], limitMs: 5_000, ca: tls.cert },
  ...over,
})
const setup = (port: number, over: Partial<MailSetup> = {}): MailSetup => ({
  ...{ host: NAME, port, security: 'starttls', user: 'countersign', from: 'countersign@example.org' },
  ...over,
})
const MAIL: Mail = { to: ['ops@example.org', 'duty@example.org'], subject: 'A call waits', text: 'One line.\n', id: 'a'.repeat(32) }

const headersOf = (raw: string): ReadonlyMap<string, string> => {
  const [head = ''] = raw.split('\r\n\r\n')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  return new Map(lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 2)]))
}
const HEADERS = [
  ...['auto-submitted', 'content-transfer-encoding', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to'],
  'x-countersign-notice',
]

test.each([
  { how: 'STARTTLS', security: 'starttls', options: tls },
  { how: 'TLS', security: 'tls', options: { ...tls, secure: true } },
] as const)('a mail arrives by $how, signed in, from and to whom it should, once', async ({ security, options }) => {
  const { port, mails, passwords } = await receiver(options)
  expect(await sendMail(MAIL, setup(port, { security }), 'correct', network())).toMatch(/^250/)
  expect(passwords).toEqual(['correct'])
  expect(mails).toMatchObject([{ from: 'countersign@example.org', to: MAIL.to, user: 'countersign', isSecure: true }])
  const headers = headersOf(mails[0]?.raw ?? '')
  expect([...headers.keys()].sort()).toEqual(HEADERS)
  expect(headers.get('subject')).toBe('A call waits')
  expect(headers.get('message-id')).toBe(`<${'a'.repeat(32)}@example.org>`)
  expect(headers.get('content-type')).toMatch(/^text\/plain/)
  expect(headers.get('to')).toBe('ops@example.org, duty@example.org')
})

describe('the password is said to nobody', () => {
  test.each([
    { who: 'who offers no STARTTLS', options: { ...tls, hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true } },
    { who: 'who has a certificate for another name', options: certificateFor('other.example.org') },
    { who: 'whose certificate nobody vouches for', options: tls, ca: certificateFor('third.example.org').cert },
  ])('$who', async ({ options, ca }) => {
    const { port, mails, passwords } = await receiver(options)
    const trusted = ca ?? `${tls.cert}${'cert' in options ? options.cert : ''}`
    await expect(sendMail(MAIL, setup(port), 'correct', network({ ca: trusted }))).rejects.toMatchObject({ fault: 'unavailable' })
    expect({ mails, passwords }).toEqual({ mails: [], passwords: [] })
  })

  test('nor to who is asked by a log: what went wrong does not repeat it', async () => {
    const { port } = await receiver(tls)
    const failed = await sendMail(MAIL, setup(port), 'canary-password', network()).catch((error: Error) => error)
    expect(failed).toMatchObject({ message: expect.stringContaining('535') })
    expect(JSON.stringify([failed, String(failed), (failed as Error).stack])).not.toMatch(/canary-password|Y2FuYXJ5/)
  })
})

test.each([
  'write\r\nBcc: everybody@evil.example',
  'write\nSubject: Approved\n\nNothing to do',
  'write\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n',
  '\u2028Bcc: a@evil.example\u0085X-Evil: 1',
  '=?utf-8?Q?=0D=0ABcc:_everybody@evil.example?=',
  '"\r\n\tfolded: yes',
  `${'ü'.repeat(70)}\r\nX-Evil: 1`,
])('a tool called %j adds no header, no recipient and no second mail', async (tool) => {
  const { port, mails } = await receiver(tls)
  const facts = { hold: 'H-0123456789', server: tool, tool, principal: tool, rule: tool, decideBy: '2026-11-23T12:15:00.000Z' }
  const news: News = { id: MAIL.id, event: 'hold.open', at: facts.decideBy, facts, link: 'https://c.example/inbox/H-0123456789' }
  await sendMail({ ...MAIL, ...mailText(news) }, setup(port), 'correct', network())
  expect(mails).toHaveLength(1)
  expect(mails[0]).toMatchObject({ from: 'countersign@example.org', to: MAIL.to })
  expect([...headersOf(mails[0]?.raw ?? '').keys()].sort()).toEqual(HEADERS)
})

test('a mail server inside is not reached, by its address or by its name', async () => {
  const { port, connections } = await receiver(tls)
  await expect(sendMail(MAIL, setup(port), 'correct', network({ reach: 'public' }))).rejects.toThrow('leads to 127.0.0.1')
  for (const host of ['127.0.0.1', '[::1]', 'localhost', '0x7f000001'])
    await expect(sendMail(MAIL, setup(port, { host }), 'correct', network({ reach: 'public' }))).rejects.toMatchObject({ fault: 'invalid' })
  expect(connections()).toBe(0)
})

test('a recipient that is refused is named, and the others have their mail', async () => {
  const { port, mails } = await receiver({
    ...tls,
    onRcptTo: ({ address }, _session, done) => done(address.startsWith('duty') ? new Error('No such user') : null),
  })
  expect(await sendMail(MAIL, setup(port), 'correct', network())).toMatch(/^250.*, but not for duty@example\.org$/)
  expect(mails).toMatchObject([{ to: ['ops@example.org'] }])
})

describe('a server that behaves badly keeps nobody', () => {
  const raw = async (talk: (socket: Socket) => void): Promise<number> => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      talk(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    open.push({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
          for (const socket of sockets) socket.destroy()
        }),
    })
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  test('who says nothing', async () => {
    const port = await raw(() => undefined)
    await expect(sendMail(MAIL, setup(port), 'correct', network({ limitMs: 300 }))).rejects.toThrow('did not finish within 0.3 s')
  })

  test('who never ends a line', async () => {
    let written = 0
    const port = await raw((socket) => {
      const timer = setInterval(() => {
        written += 16_384
        socket.write('2'.repeat(16_384))
      }, 5)
      socket.on('close', () => clearInterval(timer))
    })
    await expect(sendMail(MAIL, setup(port), 'correct', network())).rejects.toThrow('says too much')
    expect(written).toBeLessThan(8 * 1024 * 1024)
  })

  test('who says goodbye at once', async () => {
    const port = await raw((socket) => socket.end('421 busy\r\n'))
    await expect(sendMail(MAIL, setup(port), 'correct', network())).rejects.toMatchObject({ fault: 'unavailable' })
  })
})
