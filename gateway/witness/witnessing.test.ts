import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PinnedWitness } from '../../core/audit/certificate'
import { openNote, readSignatures, verifyCosignature } from '../../core/audit/note'
import { keyOfWitness } from '../../core/audit/witnesses'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { type MemoryLog, memoryLog } from '../../db/testing-log'
import { startWitnessing, type WitnessedLog } from '../../db/witnessing'
import { openIdentity } from './identity'
import { witnessServer } from './server'
import { openStore, type WitnessStore } from './store'
import { makeWitness } from './witness'

const log = memoryLog()
let dataDir = ''
let open: { server: Server; store: WitnessStore; pinned: PinnedWitness } | null = null

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-witnessing-'))
  open = await startWitness()
})

afterEach(async () => {
  await stopWitness()
  await rm(dataDir, { recursive: true, force: true })
})

async function startWitness(port = 0): Promise<NonNullable<typeof open>> {
  const identity = await openIdentity(dataDir, null, 'w.test/1')
  const store = await openStore(identity.folder)
  const server = witnessServer(makeWitness({ identity, store, logs: [log.key], nowMs: Date.now }), () => undefined)
  const url = await listening(server, port)
  return { server, store, pinned: { name: identity.key.name, vkey: identity.vkey, url, host: 'w.test' } }
}

async function listening(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function stopWitness(): Promise<void> {
  if (!open) return
  const { server, store } = open
  open = null
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await store.close()
}

const pinned = (): PinnedWitness => {
  if (!open) throw new Error('the witness is down')
  return open.pinned
}

/** A sealer's side whose log and database are variables. */
function side(witnesses: readonly PinnedWitness[]) {
  const state = {
    log,
    size: 0,
    signed: new Map<string, { size: number; line: string }[]>(),
    alarms: [] as { kind: string; sentence: string; by: string }[],
    over: [] as string[],
    warned: [] as string[],
    proofs: 0,
  }
  const port: WitnessedLog = {
    rotations: async () => [],
    latest: async () => (state.size === 0 ? null : { size: state.size, note: state.log.note(state.size) }),
    proof: async (from, to) => {
      state.proofs += 1
      return state.log.proof(from, to)
    },
    cosigned: async (witness) => Math.max(0, ...(state.signed.get(witness) ?? []).map(({ size }) => size)),
    keep: async (size, witness, line) => void state.signed.set(witness, [...(state.signed.get(witness) ?? []), { size, line }]),
    alarm: async (alarm) => void state.alarms.push(alarm),
    over: async (by) => void state.over.push(by),
  }
  const witnessing = startWitnessing({
    log: port,
    witnesses: async () => witnesses,
    warn: (said) => state.warned.push(said),
    chance: () => 0,
  })
  return { state, stop: witnessing.stop, newest: (name: string) => state.signed.get(name)?.at(-1)?.size ?? 0 }
}

async function until(what: () => boolean, limitMs = 15_000): Promise<void> {
  const giveUp = Date.now() + limitMs
  while (!what()) {
    if (Date.now() > giveUp) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(25)
  }
}

const verified = (shown: MemoryLog, size: number, line: string, witness: PinnedWitness): boolean => {
  const [note, signatures] = [openNote(shown.note(size)), readSignatures(line)]
  if ('problem' in note || 'problem' in signatures) return false
  return verifyCosignature({ text: note.text, signatures }, keyOfWitness(witness, sha256), verifyEd25519, sha256) !== null
}

test('every newest checkpoint gets the line of the witness, and one that was signed is not asked about again', async () => {
  const witness = pinned()
  const { state, stop, newest } = side([witness])
  for (const size of [1, 5, 64]) {
    state.size = size
    await until(() => newest(witness.name) === size)
  }
  await sleep(1_500)
  expect(state.proofs).toBe(3)
  await stop()
  for (const { size, line } of state.signed.get(witness.name) ?? []) expect(verified(log, size, line, witness)).toBe(true)
  expect(state.alarms).toEqual([])
})

test('a witness that is down anchors nothing, is told of once, and catches up from where it was when it is back', async () => {
  const witness = pinned()
  const { state, stop, newest } = side([witness])
  state.size = 3
  await until(() => newest(witness.name) === 3)
  await stopWitness()
  state.size = 10
  await until(() => state.warned.length > 0)
  state.size = 20
  await sleep(2_500)
  expect(newest(witness.name)).toBe(3)
  expect(state.warned).toHaveLength(1)
  open = await startWitness(Number(new URL(witness.url).port))
  await until(() => newest(witness.name) === 20)
  await stop()
  expect(state.warned.at(-1)).toContain('signs again')
  expect(state.alarms).toEqual([])
})

test('a database that forgot what the witness signed asks from there', async () => {
  const witness = pinned()
  const first = side([witness])
  first.state.size = 12
  await until(() => first.newest(witness.name) === 12)
  await first.stop()
  const second = side([witness])
  second.state.size = 12
  await until(() => second.newest(witness.name) === 12)
  second.state.size = 15
  await until(() => second.newest(witness.name) === 15)
  await second.stop()
  expect(second.state.alarms).toEqual([])
})

test.each<{ story: string; size: number; shown: () => MemoryLog; kind: string }>([
  { story: 'a log that was set back', size: 5, shown: () => log, kind: 'regression' },
  { story: 'another history that is longer', size: 30, shown: () => log.forkAfter(4), kind: 'fork' },
  { story: 'another history of the same length', size: 12, shown: () => log.forkAfter(4), kind: 'fork' },
])('$story raises the alarm, again and again, and gets no line', async ({ size, shown, kind }) => {
  const witness = pinned()
  const first = side([witness])
  first.state.size = 12
  await until(() => first.newest(witness.name) === 12)
  await first.stop()
  const second = side([witness])
  second.state.log = shown()
  second.state.size = size
  await until(() => second.state.alarms.length > 1)
  await second.stop()
  expect(new Set(second.state.alarms.map((alarm) => alarm.kind))).toEqual(new Set([kind]))
  expect(second.state.alarms[0]?.sentence).toContain('w.test/1')
  expect(second.newest(witness.name)).toBe(0)
  expect(second.state.warned).toHaveLength(1)
  expect(second.state.over).toEqual([])
  const third = side([witness])
  third.state.size = 40
  await until(() => third.newest(witness.name) === 40 && third.state.over.length > 0)
  await third.stop()
  expect(third.state.over).toEqual([second.state.alarms[0]?.by])
})

/** A witness that answers whatever it likes. */
async function impostor(answer: (body: string) => { status: number; type?: string; body: string } | null) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const given = answer(Buffer.concat(chunks).toString())
        if (given)
          response.writeHead(given.status, { 'content-type': given.type ?? 'text/plain', location: 'http://127.0.0.1:1/' }).end(given.body)
        else request.socket.destroy()
      })
  })
  return { server, url: await listening(server) }
}

const strangerLine = `— w.test/1 ${Buffer.alloc(76, 9).toString('base64')}\n`

test.each<{ answer: string; given: { status: number; type?: string; body: string } | null }>([
  { answer: 'a line of another key', given: { status: 200, body: strangerLine } },
  { answer: 'nothing', given: { status: 200, body: '' } },
  { answer: 'a page', given: { status: 200, body: '<html>'.repeat(100) } },
  { answer: 'a flood', given: { status: 200, body: strangerLine.repeat(10_000) } },
  { answer: 'a redirect', given: { status: 307, body: '' } },
  { answer: 'an error', given: { status: 500, body: 'x' } },
  { answer: 'a conflict without a size', given: { status: 409, body: 'no' } },
  { answer: 'a conflict with a size of another type', given: { status: 409, body: '5\n' } },
  { answer: 'a size beyond every number', given: { status: 409, type: 'text/x.tlog.size', body: `${'9'.repeat(16)}\n` } },
  { answer: 'a closed connection', given: null },
])('a witness that answers with $answer: no line, no alarm, no crash, and the honest one is not kept waiting', async ({ given }) => {
  const fake = await impostor(() => given)
  const honest = pinned()
  // The same name under another key is another witness, which is what an impostor would be.
  const { state, stop, newest } = side([{ ...(await otherKey()), url: fake.url }, honest])
  state.size = 7
  await until(() => newest(honest.name) === 7 && state.warned.length > 0)
  expect([...state.signed.keys()]).toEqual([honest.name])
  expect(state.alarms).toEqual([])
  await stop()
  fake.server.closeAllConnections()
  fake.server.close()
})

async function otherKey(): Promise<PinnedWitness> {
  const folder = await mkdtemp(join(dataDir, 'other-'))
  const { key, vkey } = await openIdentity(folder, null, 'other.test/1')
  return { name: key.name, vkey, url: '', host: 'other.test' }
}

test('a witness that answers no more holds up neither the others nor the end', async () => {
  const silent = createServer(() => undefined)
  const url = await listening(silent)
  const honest = pinned()
  const { state, stop, newest } = side([{ ...(await otherKey()), url }, honest])
  state.size = 7
  await until(() => newest(honest.name) === 7)
  const startedMs = performance.now()
  await stop()
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  silent.closeAllConnections()
  silent.close()
})
