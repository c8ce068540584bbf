import { createHash, createPublicKey, verify } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseWitnessRequest, REQUEST_BYTES, witnessRequestText } from '../../core/audit/witness-request'
import { type MemoryLog, memoryLog } from '../../db/testing-log'
import { openIdentity, type WitnessIdentity } from './identity'
import { witnessServer } from './server'
import { openStore, type WitnessStore } from './store'
import { makeWitness } from './witness'

const log = memoryLog()
const NOW = 1_800_000_000

let dataDir = ''
let identity: WitnessIdentity
let store: WitnessStore
let server: Server
let url = ''
const warnings: string[] = []

beforeEach(async () => {
  warnings.length = 0
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-witness-'))
  await start([log])
})

afterEach(async () => {
  await stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(logs: readonly MemoryLog[]): Promise<void> {
  identity = await openIdentity(dataDir, null, 'witness.test/w1')
  store = await openStore(identity.folder)
  const witness = makeWitness({ identity, store, logs: logs.map(({ key }) => key), nowMs: () => NOW * 1_000 })
  server = witnessServer(witness, (sentence) => warnings.push(sentence))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/add-checkpoint`
}

async function stop(): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await store.close()
}

type Answered = { readonly status: number; readonly type: string | null; readonly body: string }

const post = async (body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answered> => {
  const response = await fetch(url, { method: 'POST', body: body as BodyInit, headers })
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

const ask = (from: number, to: number, shown: MemoryLog = log): Promise<Answered> =>
  post(witnessRequestText({ oldSize: from, proof: shown.proof(from, to), note: shown.note(to) }))

/** Another reading of C2SP tlog-cosignature and signed-note, by nothing of ours but SHA-256 and Ed25519 of Node. */
function checkByHand(line: string, vkey: string, noteText: string): number {
  const [, name = '', keyId = '', keyData = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/.exec(vkey) ?? []
  const typed = Buffer.from(keyData, 'base64')
  expect(typed[0]).toBe(0x04)
  expect(createHash('sha256').update(`${name}\n`).update(typed).digest('hex').slice(0, 8)).toBe(keyId)
  const [, lineName, payload = ''] = /^\u2014 (\S+) (\S+)\n$/.exec(line) ?? []
  expect(lineName).toBe(name)
  const bytes = Buffer.from(payload, 'base64')
  expect(bytes.length).toBe(4 + 8 + 64)
  expect(bytes.subarray(0, 4).toString('hex')).toBe(keyId)
  const time = bytes.readBigUInt64BE(4)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: typed.subarray(1).toString('base64url') }, format: 'jwk' })
  expect(verify(null, Buffer.from(`cosignature/v1\ntime ${time}\n${noteText}`), key, bytes.subarray(12))).toBe(true)
  return Number(time)
}

const textOf = (note: string): string => note.slice(0, note.lastIndexOf('\n\n') + 1)

test('a log that grows is signed at every size, as the published algorithm checks it', async () => {
  const sizes = [1, 2, 3, 7, 8, 64, 100]
  let from = 0
  for (const to of sizes) {
    const { status, body } = await ask(from, to)
    expect(status).toBe(200)
    expect(checkByHand(body, identity.vkey, textOf(log.note(to)))).toBe(NOW)
    from = to
  }
})

test('the same checkpoint is signed again, and nothing else of its size', async () => {
  await ask(0, 8)
  expect(await ask(8, 8)).toMatchObject({ status: 200 })
  expect(await ask(8, 8, log.forkAfter(5))).toMatchObject({ status: 409, type: 'text/x.tlog.size', body: '8\n' })
  expect(await ask(8, 9)).toMatchObject({ status: 200 })
})

test('a log that is not where the witness left it is told the size, whatever it thinks', async () => {
  await ask(0, 20)
  for (const [from, to] of [
    [0, 30],
    [0, 5],
    [19, 30],
    [21, 30],
  ] as const)
    expect(await ask(from, to)).toEqual({ status: 409, type: 'text/x.tlog.size', body: '20\n' })
})

test('what it signed it still knows after a restart', async () => {
  await ask(0, 20)
  const { vkey } = identity
  await stop()
  await start([log])
  expect(identity.vkey).toBe(vkey)
  expect(await ask(0, 5)).toMatchObject({ status: 409, body: '20\n' })
  expect(await ask(20, 30, log.forkAfter(10))).toMatchObject({ status: 422 })
  expect(await ask(20, 30)).toMatchObject({ status: 200 })
})

const stranger = memoryLog()
const impostor = memoryLog(log.trust.log)
const good = (from: number, to: number, shown = log) => ({ oldSize: from, proof: shown.proof(from, to), note: shown.note(to) })
const flip = (proof: readonly Uint8Array[], at: number) => proof.map((hash, n) => (n === at ? hash.map((byte) => byte ^ 1) : hash))
const withLine = (text: string, at: number, line: string) => text.split('\n').toSpliced(at, 1, line).join('\n')

/** Asked of a witness that signed size 8 last. */
const refused: readonly { readonly request: string; readonly body: string | Uint8Array; readonly status: number }[] = [
  { request: 'a log it was not told of', body: witnessRequestText(good(0, 3, stranger)), status: 404 },
  { request: 'the log’s name under another key', body: witnessRequestText(good(8, 9, impostor)), status: 403 },
  { request: 'another history', body: witnessRequestText(good(8, 30, log.forkAfter(3))), status: 422 },
  { request: 'a history that leaves at the last entry', body: witnessRequestText(good(8, 9, log.forkAfter(7))), status: 422 },
  { request: 'a proof with one bit wrong', body: witnessRequestText({ ...good(8, 30), proof: flip(log.proof(8, 30), 1) }), status: 422 },
  {
    request: 'a proof that lacks its end',
    body: witnessRequestText({ ...good(8, 30), proof: log.proof(8, 30).slice(0, -1) }),
    status: 422,
  },
  { request: 'no proof', body: witnessRequestText({ ...good(8, 30), proof: [] }), status: 422 },
  {
    request: 'a proof with a hash too many',
    body: witnessRequestText({ ...good(8, 30), proof: [...log.proof(8, 30), new Uint8Array(32)] }),
    status: 422,
  },
  { request: 'a proof where there is nothing to prove', body: witnessRequestText({ ...good(8, 8), proof: log.proof(8, 30) }), status: 422 },
  { request: 'an old size beyond the new one', body: witnessRequestText({ oldSize: 31, proof: [], note: log.note(30) }), status: 400 },
  { request: 'nothing', body: '', status: 400 },
  { request: 'a line break', body: '\n', status: 400 },
  { request: 'no checkpoint', body: 'old 8\n\n', status: 400 },
  { request: 'bytes that are no UTF-8', body: Uint8Array.of(0x6f, 0x6c, 0x64, 0x20, 0xff, 0xfe, 0x0a, 0x0a), status: 400 },
  { request: 'a NUL', body: `${witnessRequestText(good(8, 30))}\0`, status: 400 },
  { request: 'a size with a zero in front', body: withLine(witnessRequestText(good(8, 30)), 0, 'old 08'), status: 400 },
  { request: 'a size below zero', body: withLine(witnessRequestText(good(8, 30)), 0, 'old -8'), status: 400 },
  { request: 'a size beyond every number', body: withLine(witnessRequestText(good(8, 30)), 0, `old ${'9'.repeat(30)}`), status: 400 },
  { request: 'a size in other digits', body: withLine(witnessRequestText(good(8, 30)), 0, 'old ٨'), status: 400 },
  { request: 'line breaks of another system', body: witnessRequestText(good(8, 30)).replaceAll('\n', '\r\n'), status: 400 },
  { request: 'a hash of 31 bytes', body: withLine(witnessRequestText(good(8, 30)), 1, Buffer.alloc(31).toString('base64')), status: 400 },
  { request: 'a hash in no base64', body: withLine(witnessRequestText(good(8, 30)), 1, `${'*'.repeat(43)}=`), status: 400 },
  {
    request: 'a proof of 64 hashes',
    body: witnessRequestText({ ...good(8, 30), proof: Array.from({ length: 64 }, () => new Uint8Array(32)) }),
    status: 400,
  },
  { request: 'more than anybody may send', body: `${witnessRequestText(good(8, 30))}${'x'.repeat(REQUEST_BYTES)}`, status: 413 },
]

test.each(refused)('$request is answered $status, nothing is signed, and the next good request is', async ({ body, status }) => {
  await ask(0, 8)
  const answer = await post(body)
  expect(answer.status).toBe(status)
  expect(answer.body).not.toContain('—')
  expect(await ask(8, 30)).toMatchObject({ status: 200 })
})

test('every request cut short, and every request with one byte changed, is refused', async () => {
  await ask(0, 8)
  const whole = Buffer.from(witnessRequestText(good(8, 30)))
  for (let length = 0; length < whole.length; length += 7)
    expect((await post(whole.subarray(0, length))).status, `cut at ${length}`).toBe(400)
  for (let at = 0; at < whole.length; at += 5) {
    const bent = Buffer.from(whole)
    bent[at] = (bent[at] ?? 0) ^ 1
    expect([400, 403, 404, 409, 422], `byte ${at}`).toContain((await post(bent)).status)
  }
  expect(await ask(8, 30)).toMatchObject({ status: 200 })
})

test('signatures of strangers under a checkpoint are passed over', async () => {
  const { oldSize, proof, note } = good(0, 5)
  const others = `— stranger.test ${Buffer.alloc(68, 7).toString('base64')}\n`
  expect(await post(witnessRequestText({ oldSize, proof, note: note + others }))).toMatchObject({ status: 200 })
})

test('of a hundred requests at once that all follow from one size, one history is signed', async () => {
  await ask(0, 8)
  const fork = log.forkAfter(8)
  const asked = Array.from({ length: 100 }, (_, n) => ask(8, 9 + (n % 5), n % 2 === 0 ? log : fork))
  const answers = await Promise.all(asked)
  const signed = answers.flatMap(({ status }, n) => (status === 200 ? [n] : []))
  const sizes = signed.map((n) => 9 + (n % 5))
  expect(signed.length).toBeGreaterThan(0)
  // A second one of the first winner's size follows from another old size, so it is refused like all others.
  expect(sizes).toHaveLength(1)
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
})

test('two requests for the same size at once: only one root is ever signed', async () => {
  for (let size = 1; size < 40; size++) {
    const fork = log.forkAfter(size - 1)
    const [first, second] = await Promise.all([ask(size - 1, size), ask(size - 1, size, fork)])
    expect([first.status, second.status].sort()).toEqual([200, 409])
    // The log that lost is gone for this witness; the test goes on with the one it signed.
    if (second.status === 200) {
      expect(await ask(size, size + 1)).toMatchObject({ status: 422 })
      return
    }
  }
})

test('other paths and methods, and what is no HTTP, cost nothing', async () => {
  const { port } = server.address() as AddressInfo
  const root = `http://127.0.0.1:${port}`
  expect((await fetch(`${root}/`)).status).toBe(404)
  expect((await fetch(`${root}/add-checkpoint`)).status).toBe(405)
  expect((await fetch(`${root}/add-checkpoint/../../keys`)).status).toBe(404)
  for (const garbage of [
    '\0\0\0\0\r\n\r\n',
    'POST /add-checkpoint HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
    'GET'.repeat(9_000),
  ])
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(garbage))
      socket
        .on('error', () => undefined)
        .on('close', () => resolve())
        .resume()
    })
  expect(await ask(0, 8)).toMatchObject({ status: 200 })
})

test('a peer that stops in the middle of its request changes nothing', async () => {
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 500\r\n\r\nold 0\n')
      setTimeout(() => socket.destroy(), 50)
    })
    socket.on('error', () => undefined).on('close', () => resolve())
  })
  expect(await ask(0, 8)).toMatchObject({ status: 200 })
})

const logFile = async (): Promise<string> => {
  const [name = ''] = await readdir(join(identity.folder, 'logs'))
  return join(identity.folder, 'logs', name)
}

test.each([
  { damage: 'an older checkpoint of the log, which this witness never signed', text: () => log.note(2) },
  { damage: 'nothing', text: () => '' },
  { damage: 'something else', text: () => '{"size":0}' },
])('$damage in place of what it signed: it signs nothing more for that log', async ({ text }) => {
  await ask(0, 8)
  await writeFile(await logFile(), text())
  expect(await ask(0, 9)).toMatchObject({ status: 503 })
  expect(await ask(8, 9)).toMatchObject({ status: 503 })
  expect(warnings.at(-1)).toContain('is damaged')
})

test('what it keeps is the checkpoint with its own line, for anybody to read, and its key is for nobody else', async () => {
  const { body } = await ask(0, 8)
  expect(await readFile(await logFile(), 'utf8')).toBe(log.note(8) + body)
  const mode = async (path: string) => (await stat(join(dataDir, 'witness', path))).mode & 0o777
  expect(await mode('key/private.pem')).toBe(0o600)
  expect(await mode('key')).toBe(0o700)
  await chmod(join(dataDir, 'witness', 'key', 'private.pem'), 0o644)
  await expect(openIdentity(dataDir, null, 'x')).rejects.toThrow('can be read by others')
})

test('what it signed last is there for everybody, signed by both, and nothing else is', async () => {
  const root = url.replace(/\/add-checkpoint$/, '')
  const shown = (path: string) => fetch(`${root}/${path}`).then(async (answer) => [answer.status, await answer.text()] as const)
  const own = `${log.key.name}/checkpoint`
  expect((await shown(own))[0]).toBe(404)
  const stranger = `— stranger.test ${Buffer.alloc(68, 7).toString('base64')}\n`
  const { oldSize, proof, note } = good(0, 8)
  const { body } = await post(witnessRequestText({ oldSize, proof, note: note + stranger }))
  expect(await shown(own)).toEqual([200, log.note(8) + body])
  for (const path of ['countersign/other/checkpoint', '../key/private.pem', '%2e%2e/checkpoint', '../lock/checkpoint'])
    expect((await shown(path))[0]).toBe(404)
})

test('a witness without its memory is none any more, and keeps its name', async () => {
  await expect(openIdentity(dataDir, 'other.test', 'x')).rejects.toThrow('is called witness.test/w1')
  await rm(join(dataDir, 'witness', 'logs'), { recursive: true })
  await expect(openIdentity(dataDir, null, 'x')).rejects.toThrow('what this witness signed')
})

test('a request reads as it was written', () => {
  for (const [from, to] of [
    [0, 0],
    [0, 9],
    [3, 9],
    [8, 8],
  ] as const) {
    const request = { oldSize: from, proof: log.proof(from, to), note: 'text\n\n— a b\n' }
    expect(parseWitnessRequest(witnessRequestText(request))).toEqual(request)
  }
})
