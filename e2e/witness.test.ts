import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logKeyOf } from '../core/audit/checkpoint'
import { vkeyOf } from '../core/audit/note'
import { connect, type Sql } from '../db/connect'
import { listRememberers, readAnchor } from '../db/cosignatures'
import { sha256 } from '../db/crypto'
import { readTrust } from '../db/keys'
import { listAlarms } from '../db/seal-alarms'
import { readSealing } from '../db/seal-read'
import { freshDatabase } from '../db/testing'
import { memoryLog } from '../db/testing-log'
import { CLI, countersign, type GatewayProcess, initialize, makePlace, type Place, publish, recorder, startGateway } from './gateway'
import { askFor, killed, signedBy, startWitness, type WitnessProcess } from './witnesses'

let place: Place
let elsewhere = ''
let sql: Sql
const running = new Set<{ kill(signal: NodeJS.Signals): unknown }>()

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  elsewhere = await mkdtemp(join(tmpdir(), 'countersign-elsewhere-'))
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
  sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 2 })
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await sql.end({ timeout: 1 })
  await place.remove()
  await rm(elsewhere, { recursive: true, force: true })
})

const gone = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  running.delete(child)
}

function startSealer(): ChildProcess {
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: place.database.urlFor('sealer') }
  const child = spawn(process.execPath, [CLI, 'seal', '--data-dir', place.dataDir], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  running.add(child)
  return child
}

const witnessAt = async (logs: readonly string[], port?: number): Promise<WitnessProcess> => {
  const witness = await startWitness({ dataDir: elsewhere, logs, ...(port === undefined ? {} : { port }) })
  running.add(witness.process)
  return witness
}

async function calling(): Promise<GatewayProcess> {
  const gateway = startGateway(place, { upstream: recorder(join(place.dir, 'marks')) })
  running.add(gateway.process)
  await initialize(gateway)
  return gateway
}

async function until<T>(what: () => Promise<T | null | false>, limitMs = 20_000): Promise<T> {
  const giveUp = Date.now() + limitMs
  for (;;) {
    const found = await what()
    if (found) return found
    if (Date.now() > giveUp) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(100)
  }
}

/** Calls, and waits until they are sealed. The size of the log then. */
async function sealedAfter(gateway: GatewayProcess, calls: number): Promise<number> {
  for (let n = 0; n < calls; n++) await gateway.call('act', { token: `t${Date.now()}-${n}` })
  const { size } = await until(async () => {
    const sealing = await readSealing(sql)
    return sealing.unsealed === 0 && sealing.size > 0 && sealing
  })
  return size
}

const anchoredTo = async (size: number): Promise<boolean> => ((await readAnchor(sql, await readTrust(place.dataDir)))?.size ?? 0) >= size

function fail(): never {
  throw new Error('a pinned log key is a key')
}

const json = (text: string): Record<string, unknown> => JSON.parse(text.split('\n')[0] ?? '') as Record<string, unknown>

test('a second process on the store of a witness is turned away, and one whose holder was killed is not', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-lock-'))
  const log = memoryLog()
  const first = await startWitness({ dataDir, logs: [log.vkey] })
  await expect(startWitness({ dataDir, logs: [log.vkey] })).rejects.toThrow(
    /ended with 1: countersign: Process \d+ on .* is this witness already/,
  )
  expect(await askFor(first.url, 0, 5, log)).toMatchObject({ status: 200 })
  await killed(first)
  const second = await startWitness({ dataDir, logs: [log.vkey] })
  expect(second.vkey).toBe(first.vkey)
  expect(await signedBy(second.url, log)).toBe(5)
  second.process.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  expect(second.stderr()).toBe('')
  await rm(dataDir, { recursive: true, force: true })
})

test('entries are sealed, cosigned by a witness elsewhere and so anchored; while it is away they are not; and it catches up', async () => {
  const listed = json((await countersign(place, 'console', ['witness', 'list', '--json'])).stdout)
  const witness = await witnessAt([String(listed.log)])
  const port = Number(new URL(witness.url).port)
  const added = await countersign(place, 'console', ['witness', 'add', witness.vkey, '--url', witness.url, '--host', 'w.test', '--json'])
  expect(added).toMatchObject({ code: 0, stderr: '' })
  const copies = join(elsewhere, 'copies')
  await mkdir(copies)
  expect(await countersign(place, 'console', ['sink', 'add', copies])).toMatchObject({ code: 0, stderr: '' })
  const sealer = startSealer()
  const gateway = await calling()
  const size = await sealedAfter(gateway, 3)
  await until(() => anchoredTo(size))

  await killed(witness)
  const more = await sealedAfter(gateway, 3)
  await sleep(2_500)
  expect(await anchoredTo(more)).toBe(false)
  expect(await anchoredTo(size)).toBe(true)

  const back = await witnessAt([String(listed.log)], port)
  await until(() => anchoredTo(more), 60_000)
  const verified = await countersign(place, 'auditor', ['verify', '--json'])
  expect(json(verified.stdout)).toMatchObject({ verdict: 'intact' })
  expect(verified.stdout).toContain('w.test/1')
  expect(await until(async () => (await listRememberers(sql, 60_000)).find(({ kind }) => kind === 'gateway') ?? null)).toBeTruthy()
  expect(await listAlarms(sql)).toEqual([])
  const [log = ''] = await readdir(copies)
  const [copy = ''] = await readdir(join(copies, log))
  const compared = await countersign(place, 'auditor', ['verify', '--checkpoint', join(copies, log, copy), '--json'])
  expect(json(compared.stdout)).toMatchObject({ verdict: 'intact' })
  await gateway.stop()
  await gone(sealer)
  await gone(back.process)
}, 120_000)

test('a copy of the database from before is an alarm at the gateway, in the database and in the log, and damage to who verifies', async () => {
  const trust = await readTrust(place.dataDir)
  const { port } = new URL(trust.witnesses?.[0]?.url ?? '')
  const witness = await witnessAt([vkeyOf(logKeyOf(trust) ?? fail(), sha256)], Number(port))
  const sealer = startSealer()
  const gateway = await calling()
  await sealedAfter(gateway, 1)
  await gateway.stop()
  await gone(sealer)
  const old = await copyOf()
  const [again, others] = [startSealer(), await calling()]
  const size = await sealedAfter(others, 3)
  await until(() => anchoredTo(size), 60_000)
  const memory = join(place.dataDir, 'state', 'checkpoints', trust.log)
  await until(async () => Number((await readFile(memory, 'utf8')).split('\n')[1]) >= size)
  await others.stop()
  await gone(again)
  await putBack(old)
  const after = await calling()
  await until(async () => after.stderr().includes('an older copy was put back'))
  const alarms = await until(async () => (await listAlarms(sql)).find(({ kind }) => kind === 'regression') ?? null)
  expect(alarms.sentence).toContain(`The log had`)
  const [entry] = await until(async () => {
    const found = await sql<{ body: string }[]>`select body from countersign.entries where type = 'log.alarm'`
    return found.length > 0 && found
  })
  expect(JSON.parse(entry?.body ?? '{}')).toMatchObject({ type: 'log.alarm', kind: 'regression', remembered: { size: expect.any(Number) } })
  // Whoever has nothing but the pinned keys asks the witness.
  const auditor = { ...place, dataDir: join(elsewhere, 'auditor') }
  await mkdir(auditor.dataDir, { mode: 0o700 })
  await copyFile(join(place.dataDir, 'trust.json'), join(auditor.dataDir, 'trust.json'))
  const asked = await countersign(auditor, 'auditor', ['verify', '--json'])
  expect(asked).toMatchObject({ code: 1, stderr: '' })
  expect(asked.stdout).toContain('Witness w.test/1')
  await gone(witness.process)
  // The witness is away, but this machine remembers.
  const remembered = await countersign(place, 'auditor', ['verify', '--json'])
  expect(remembered.code).toBe(1)
  expect(remembered.stdout).toContain('A gateway of this machine')
  expect(remembered.stderr).toContain('The witness w.test/1 could not be asked.')
  // Calls go on: what is in doubt is the past.
  expect((await after.call('act', { token: 'after' })).isError).toBe(false)
  await endedByCommand(alarms.id)
  await after.stop()
}, 120_000)

async function endedByCommand(id: string): Promise<void> {
  const end = (...words: string[]) => countersign(place, 'console', ['alarm', 'end', ...words])
  expect(await end(id)).toMatchObject({ code: 2, stderr: expect.stringContaining('--because takes the reason') })
  expect(await end(id, '--because', ' ')).toMatchObject({ code: 2, stderr: expect.stringContaining('A reason is needed') })
  expect(await end(id, '--because', 'a test put it back')).toMatchObject({ code: 0, stdout: `Alarm ${id} is ended.\n` })
  expect(await end(id, '--because', 'again')).toMatchObject({ code: 1, stderr: expect.stringContaining('No such alarm is open') })
  const { stdout } = await countersign(place, 'auditor', ['alarm', 'list', '--json'])
  const listed = stdout.split('\n').find((line) => line.includes(`"id":"${id}"`))
  expect(json(listed ?? '{}')).toMatchObject({ kind: 'regression', endedBecause: 'a test put it back', endedAt: expect.any(String) })
}

const administer = async (...statements: readonly string[]): Promise<void> => {
  const url = new URL(place.database.urlFor('superuser'))
  url.pathname = '/postgres'
  const admin = connect(url.href, { purpose: 'migrate', application: 'test' })
  try {
    for (const statement of statements) await admin.unsafe(statement)
  } finally {
    await admin.end({ timeout: 1 })
  }
}

async function copyOf(): Promise<string> {
  const { name } = place.database
  await administer(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    `create database ${name}_old template ${name} strategy wal_log`,
  )
  return `${name}_old`
}

async function putBack(old: string): Promise<void> {
  const { name } = place.database
  await administer(`drop database ${name} with (force)`, `alter database ${old} rename to ${name}`)
}
