import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { certificateFor, startWebReceiver, type WebReceiver } from '../../db/testing-receivers'
import { post } from '../../db/web-ask'
import type { Address, Network } from '../../db/web-reach'
import { signed } from '../../db/web-signature'

const NAME = 'hooks.example.org'
const tls = certificateFor(NAME)
const HERE: Address = { address: '127.0.0.1', family: 4 }

const open: WebReceiver[] = []
const receiver = async (options: Parameters<typeof startWebReceiver>[0] = {}): Promise<WebReceiver> => {
  const started = await startWebReceiver(options)
  open.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

const network = (over: Partial<Network> = {}): Network => ({
  reach: 'private',
  lookup: async () => [HERE],
  limitMs: 5_000,
  ca: tls.cert,
  ...over,
})
const send = (url: string, over: Partial<Network> = {}): Promise<number> =>
  post({ url, headers: { 'x-test': '1' }, body: '{"a":"ü"}' }, network(over))

test('a body arrives by TLS at the very path, under the name that was asked for', async () => {
  const { port, received } = await receiver({ tls })
  expect(await send(`https://${NAME}:${port}/a/b?c=d`)).toBe(200)
  expect(received).toMatchObject([
    { path: '/a/b?c=d', body: '{"a":"ü"}', headers: { 'x-test': '1', 'content-length': '10', host: `${NAME}:${port}` } },
  ])
})

/** The lines of the README, as somebody copies them from there. */
async function documentedLines(): Promise<(secret: string, headers: object, body: string) => boolean> {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, code = ''] = /```js\n(import \{ createHmac[\s\S]*?)```/.exec(readme) ?? []
  expect(code.split('\n').filter((line) => line !== '' && !line.startsWith('import'))).toHaveLength(10)
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).isFromCountersign
}

test('the documented ten lines believe what was sent, and nothing else', async () => {
  const isFromCountersign = await documentedLines()
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const { port, received } = await receiver({ tls })
  const body = '{"type":"hold.open","data":{"tool":"wr\\u202eite ü"}}'
  await post({ url: `https://${NAME}:${port}/`, headers: signed('f'.repeat(32), body, secret), body }, network())
  const headers = received[0]?.headers ?? {}
  const came = received[0]?.body ?? ''
  expect(isFromCountersign(secret, headers, came)).toBe(true)
  expect(isFromCountersign(secret, { ...headers, 'webhook-signature': `v1a,AAAA ${headers['webhook-signature']}` }, came)).toBe(true)
  for (const [name, value] of [
    ['webhook-id', 'e'.repeat(32)],
    ['webhook-timestamp', String(Number(headers['webhook-timestamp']) + 1)],
    ['webhook-signature', `v1,${Buffer.alloc(32).toString('base64')}`],
    ['webhook-signature', 'v1,'],
    ['webhook-signature', String(headers['webhook-signature']).replace('v1,', 'v2,')],
    ['webhook-signature', undefined],
    ['webhook-timestamp', undefined],
  ] as const)
    expect(isFromCountersign(secret, { ...headers, [name]: value }, came), `${name}: ${value}`).toBe(false)
  expect(isFromCountersign(secret, headers, `${came} `)).toBe(false)
  expect(isFromCountersign(`whsec_${Buffer.alloc(32, 8).toString('base64')}`, headers, came)).toBe(false)
  const old = signed('f'.repeat(32), body, secret, Date.now() - 600_000)
  expect(isFromCountersign(secret, old, body)).toBe(false)
})

test('a signature is the one that the published example of Standard Webhooks has', () => {
  const headers = signed(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    '{"test": 2432232314}',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    1_614_265_330_000,
  )
  expect(headers).toMatchObject({
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

describe('nothing inside is reached', () => {
  const INSIDE = [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    'fe80::1',
    'fd00:ec2::254',
    '192.168.0.1',
  ]

  test.each(INSIDE)('by a name that leads to %s, alone or among others', async (address) => {
    const { port, connections } = await receiver({ tls })
    const bad = { address, family: address.includes(':') ? 6 : 4 }
    const good = { address: '93.184.216.34', family: 4 }
    for (const found of [[bad], [good, bad], [bad, good]])
      await expect(send(`https://${NAME}:${port}/`, { reach: 'public', lookup: async () => found })).rejects.toMatchObject({
        fault: 'forbidden',
        message: expect.stringContaining(`leads to ${address}`),
      })
    expect(connections()).toBe(0)
  })

  test.each(['127.0.0.1', '0x7f000001', '2130706433', '0177.0.0.1', '[::1]', '[::ffff:7f00:1]', 'localhost', '127.1'])(
    'by %s, though something listens there',
    async (host) => {
      const { port, connections } = await receiver()
      for (const scheme of ['http', 'https'])
        await expect(send(`${scheme}://${host}:${port}/`, { reach: 'public' })).rejects.toMatchObject({ fault: 'invalid' })
      expect(connections()).toBe(0)
    },
  )

  test('by a name that means something else a moment later: it is asked once', async () => {
    const first = await receiver()
    const second = await receiver({ host: '127.0.0.2', port: first.port })
    const answers = [[HERE], [{ address: '127.0.0.2', family: 4 }]]
    let asked = 0
    const lookup = async () => answers[Math.min(asked++, 1)] ?? []
    expect(await send(`http://${NAME}:${first.port}/`, { lookup })).toBe(200)
    expect({ asked, first: first.received.length, second: second.connections() }).toEqual({ asked: 1, first: 1, second: 0 })
  })

  test.each([301, 302, 303, 307, 308])('by a redirect with %s', async (status) => {
    const inside = await receiver()
    const respond: RequestListener = (_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${inside.port}/` }).end()
    const outside = await receiver({ respond })
    expect(await send(`http://${NAME}:${outside.port}/`)).toBe(status)
    expect({ outside: outside.received.length, inside: inside.connections() }).toEqual({ outside: 1, inside: 0 })
  })
})

describe('whoever answers badly keeps nobody', () => {
  test('no answer at all', async () => {
    const { port } = await receiver({ respond: () => undefined })
    await expect(send(`http://${NAME}:${port}/`, { limitMs: 300 })).rejects.toThrow('Nothing answered within 0.3 s')
  })

  test('no answer of the resolver', async () => {
    const lookup = () => new Promise<never>(() => undefined)
    await expect(send(`http://${NAME}:1/`, { lookup, limitMs: 300 })).rejects.toThrow('Nothing answered within 0.3 s')
  })

  test('an endless answer is read for 64 KiB and what was on its way', async () => {
    let written = 0
    const respond: RequestListener = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384))) written += 16_384
      }
      response.on('drain', more).on('error', () => undefined)
      more()
    }
    const { port } = await receiver({ respond })
    expect(await send(`http://${NAME}:${port}/`)).toBe(200)
    expect(written).toBeLessThan(16 * 1024 * 1024)
  })

  test('an answer that drips says its status', async () => {
    const respond: RequestListener = (_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    }
    const { port } = await receiver({ respond })
    expect(await send(`http://${NAME}:${port}/`, { limitMs: 400 })).toBe(200)
  })

  test('a head without end', async () => {
    const respond: RequestListener = (request) => {
      request.socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => request.socket.write(`x-more: ${'a'.repeat(8_000)}\r\n`), 5)
      request.socket.on('close', () => clearInterval(timer)).on('error', () => undefined)
    }
    const { port } = await receiver({ respond })
    await expect(send(`http://${NAME}:${port}/`)).rejects.toMatchObject({ fault: 'unavailable' })
  })

  test.each([
    { what: 'a certificate for another name', options: { tls: certificateFor('other.example.org') }, says: /certificate/ },
    { what: 'no TLS where it was asked for', options: {}, says: /could not be reached/ },
  ])('$what', async ({ options, says }) => {
    const { port, received } = await receiver(options)
    const ca = `${tls.cert}${'tls' in options ? options.tls.cert : ''}`
    await expect(send(`https://${NAME}:${port}/`, { ca })).rejects.toThrow(says)
    expect(received).toHaveLength(0)
  })

  test('nobody there', async () => {
    const { port, close } = await startWebReceiver()
    await close()
    await expect(send(`http://${NAME}:${port}/`)).rejects.toThrow(`${NAME} could not be reached`)
    await expect(send(`http://${NAME}:${port}/`, { lookup: async () => [] })).rejects.toThrow('has no address')
  })
})
