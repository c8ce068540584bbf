import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Manifest } from '../../core/audit/evidence'
import { isAppError } from '../../core/errors'
import type { Actor } from '../../core/roles'

import type { ExportPlan } from '../../db/evidence-state'
import { ExportShelf, KEPT_AT_MOST_MS, KEPT_MS } from './export-shelf'

const folder = mkdtempSync(join(tmpdir(), 'countersign-shelf-'))
const BYTES = randomBytes(600_000)
const HALF = 300_000
const MANIFEST = {
  entries: 7,
  checkpoint: { size: 100 },
  population: { first: 0, end: 100 },
  integrity: { found: 0, findings: [] },
  gaps: [],
} as unknown as Manifest
const person = (id: string, roles: Actor['roles'] = ['auditor']) => ({ id, roles }) as unknown as Actor
const [audra, other] = [person('audra'), person('other')]

let shelf: ExportShelf
let nowMs = 0
let server: Server
let asker = audra
let count = 0
/** Ends what is being written: whole, or with a failure. */
let ends: ((failed: Error | null) => void)[]

beforeAll(async () => {
  server = createServer((asked, answer) => {
    const headers = new Headers(asked.headers as Record<string, string>)
    const request = new Request('http://localhost/', { method: asked.method ?? '', headers })
    void shelf.fetch(asker, (asked.url ?? '').slice(1), request).then(
      async ({ status, headers, body }) => {
        answer.writeHead(status, Object.fromEntries(headers))
        if (body) await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), answer).catch(() => undefined)
        else answer.end()
      },
      (error: unknown) => answer.writeHead(isAppError(error) ? 409 : 500, { because: isAppError(error) ? error.fault : '' }).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
beforeEach(() => {
  ;[nowMs, asker, ends] = [0, audra, []]
  shelf = new ExportShelf({ folder: async () => folder, nowMs: () => nowMs, write })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

/** Half of it at once, the rest when the test says so. */
async function write(_plan: ExportPlan, path: string, tell: (done: number) => void) {
  writeFileSync(`${path}.part`, BYTES.subarray(0, HALF))
  tell(50)
  const failed = await new Promise<Error | null>((resolve) => ends.push(resolve))
  if (!failed) {
    appendFileSync(`${path}.part`, BYTES.subarray(HALF))
    renameSync(`${path}.part`, path)
  }
  return { failed, manifest: failed ? null : MANIFEST }
}

const ordered = (over: { clearText?: boolean } = {}): string => {
  const id = (count++).toString(16).padStart(32, '0')
  shelf.add(
    { export: id, at: 'then', scope: { clearText: over.clearText ?? false }, population: { first: 0, end: 100 } } as ExportPlan,
    audra.id,
  )
  return id
}
const ask = (id: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    get({ host: '127.0.0.1', port, path: `/${id}`, headers, method, agent: false }, resolve).on('error', reject)
  })
const all = async (answer: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part)
  return Buffer.concat(parts)
}
const status = async (id: string, headers: Record<string, string> = {}, method = 'GET') => {
  const answer = await ask(id, headers, method)
  answer.destroy()
  return answer.statusCode
}
const SOON = { interval: 2 }
const whole = async (id: string): Promise<void> => {
  await expect.poll(() => ends.length, SOON).toBeGreaterThan(0)
  ends.shift()?.(null)
  await expect.poll(() => shelf.seen(audra, id).state, SOON).toBe('over')
}
/** Reads some of it and hangs up. */
const cutOff = async (id: string): Promise<{ had: Buffer; etag: string }> => {
  const answer = await ask(id)
  const had: Buffer[] = []
  for await (const part of answer) {
    had.push(part)
    if (had.length === 2) break
  }
  return { had: Buffer.concat(had), etag: answer.headers.etag ?? '' }
}

test('a download that is cut off while it is written goes on once it is whole, and comes to the same bytes', async () => {
  const id = ordered()
  const { had, etag } = await cutOff(id)
  expect(had.length).toBeLessThan(BYTES.length)
  expect(shelf.seen(audra, id)).toMatchObject({ state: 'running', done: 50, total: 100, isKept: true })
  // What is not whole yet has no end to go on to: all of it comes again.
  const early = await ask(id, { range: `bytes=${had.length}-`, 'if-range': etag })
  expect([early.statusCode, early.headers['content-length']]).toEqual([200, undefined])
  await whole(id)
  expect((await all(early)).equals(BYTES)).toBe(true)
  const rest = await ask(id, { range: `bytes=${had.length}-`, 'if-range': etag })
  expect(rest).toMatchObject({
    statusCode: 206,
    headers: {
      'content-range': `bytes ${had.length}-${BYTES.length - 1}/${BYTES.length}`,
      'content-length': `${BYTES.length - had.length}`,
    },
  })
  expect(Buffer.concat([had, await all(rest)]).equals(BYTES)).toBe(true)
})

test('what lies there whole comes whole, in pieces, or not at all, and says which', async () => {
  const id = ordered()
  const first = ask(id)
  await whole(id)
  expect((await all(await first)).equals(BYTES)).toBe(true)
  const again = await ask(id, { 'if-range': '"another"', range: 'bytes=5-' })
  expect(again).toMatchObject({
    statusCode: 200,
    headers: { 'accept-ranges': 'bytes', etag: `"${id}"`, 'content-length': `${BYTES.length}` },
  })
  expect((await all(again)).equals(BYTES)).toBe(true)
  expect((await all(await ask(id, { range: 'bytes=-10' }))).equals(BYTES.subarray(-10))).toBe(true)
  expect((await all(await ask(id, { range: 'bytes=300000-300009' }))).equals(BYTES.subarray(HALF, HALF + 10))).toBe(true)
  expect(await ask(id, { range: 'bytes=600000-' })).toMatchObject({ statusCode: 416, headers: { 'content-range': 'bytes */600000' } })
  expect(await ask(id, {}, 'HEAD')).toMatchObject({ statusCode: 200, headers: { 'content-length': '600000' } })
  expect(await status(id, { 'if-match': '"another"' })).toBe(412)
  for (const range of [`bytes=${'0-,'.repeat(4_000)}0-`, 'bytes=0-5,2-9', 'bytes=9-1', 'x'])
    expect(await all(await ask(id, { range })), range.slice(0, 20)).toHaveLength(BYTES.length)
})

test('it is one person’s, for as long as they may see it, and no header alone begins it', async () => {
  const id = ordered({ clearText: true })
  asker = person('audra', ['viewer'])
  expect(await ask(id)).toMatchObject({ statusCode: 409, headers: { because: 'forbidden' } })
  asker = audra
  expect(await status(id, {}, 'HEAD')).toBe(200)
  expect(shelf.seen(audra, id).state).toBe('ordered')
  asker = other
  expect(await ask(id)).toMatchObject({ statusCode: 409, headers: { because: 'not_found' } })
  expect([shelf.ownOf(other), shelf.ownOf(audra).length]).toEqual([[], 1])
})

test('what failed breaks off for whoever reads, is gone, and does not begin again', async () => {
  const id = ordered()
  const answer = await ask(id)
  ends.shift()?.(new Error('the disk is full'))
  await expect(all(answer)).rejects.toThrow()
  expect(await ask(id)).toMatchObject({ statusCode: 409, headers: { because: 'conflict' } })
  expect(shelf.ownOf(audra)).toEqual([])
  expect(readdirSync(folder).filter((name) => name.startsWith(id))).toEqual([])
})

test('it stays for a while after the last look, and not for ever; what is held is not swept', async () => {
  const id = ordered()
  const path = join(folder, `${id}.zip`)
  const first = ask(id)
  await whole(id)
  await all(await first)
  for (nowMs = KEPT_MS; nowMs < KEPT_AT_MOST_MS; nowMs += KEPT_MS) {
    await shelf.tidy()
    expect([shelf.holds(path), existsSync(path)]).toEqual([true, true])
    await all(await ask(id, { range: 'bytes=0-9' }))
    await expect.poll(() => shelf.seen(audra, id).isKept).toBe(true)
  }
  nowMs += 1
  // The reader of before may still be about to leave.
  const left = async () => {
    await shelf.tidy()
    return [shelf.holds(path), existsSync(path)]
  }
  await expect.poll(left).toEqual([false, false])
  expect(await ask(id)).toMatchObject({ statusCode: 409, headers: { because: 'conflict' } })
})

test('two are written at once, and of what is there whole and unread the oldest makes room', async () => {
  const [one, two, three] = [ordered(), ordered(), ordered()]
  const reading = [await ask(one), await ask(two)]
  expect(await ask(three)).toMatchObject({ statusCode: 409, headers: { because: 'unavailable' } })
  expect(shelf.seen(audra, three).state).toBe('ordered')
  await Promise.all([whole(one), whole(two)])
  for (const answer of reading) await all(answer)
  for (let n = 0; n < 7; n++) {
    nowMs += 1
    const next = ordered()
    const answer = await ask(next)
    await whole(next)
    await all(answer)
  }
  expect(shelf.ownOf(audra).filter(({ seen }) => seen.state === 'over')).toHaveLength(8)
  expect(shelf.seen(audra, one).isKept || shelf.seen(audra, two).isKept).toBe(true)
  expect(shelf.seen(audra, one).isKept && shelf.seen(audra, two).isKept).toBe(false)
  shelf.clear()
  expect(readdirSync(folder).filter((name) => name.endsWith('.zip') && shelf.holds(join(folder, name)))).toEqual([])
})
