import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AlarmFields } from '../core/audit/alarm-fields'
import { signCheckpoint } from '../core/audit/checkpoint'
import { signRotation } from '../core/audit/rotation'
import { AppError } from '../core/errors'
import { openCheckpointMemory } from '../db/checkpoint-memory'
import { ephemeralKey, sha256 } from '../db/crypto'
import { type MemoryLog, memoryLog } from '../db/testing-log'
import { makeRemembering } from './remembering'

const log = memoryLog()
let dataDir = ''

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-remembering-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

/** One gateway. `shown` is the database it looks at. */
function gateway(stated: readonly string[] = []) {
  const state = {
    shown: log,
    note: null as string | null,
    told: [] as number[],
    alarms: [] as AlarmFields[],
    warned: [] as string[],
    isAway: false,
  }
  const memory = openCheckpointMemory(dataDir, log.trust, async () => stated)
  const { look } = makeRemembering({
    memory,
    latest: async () => {
      if (state.isAway) throw Object.assign(new Error('gone'), { code: 'CONNECTION_CLOSED' })
      return state.note
    },
    prove: async (from, to) => state.shown.proof(from, to),
    tell: async ({ size }) => void state.told.push(size),
    alarm: async (fields) => void state.alarms.push(fields),
    warn: (sentence) => void state.warned.push(sentence),
  })
  const show = async (size: number, shown: MemoryLog = log): Promise<void> => {
    state.shown = shown
    state.note = size === 0 ? null : shown.note(size)
    await look()
  }
  return { state, show, look, memory }
}

test('what extends what was remembered is remembered, over processes too', async () => {
  const { state, show, memory } = gateway()
  for (const size of [1, 4, 4, 100]) await show(size)
  expect(state.told).toEqual([1, 4, 4, 100])
  expect(await readFile(memory.path, 'utf8')).toBe(log.note(100))
  const next = gateway()
  await next.show(120)
  expect(next.state.told).toEqual([120])
  expect([...state.alarms, ...next.state.alarms]).toEqual([])
})

test('an empty database that was never sealed is no alarm', async () => {
  const { state, show } = gateway()
  await show(0)
  expect(state).toMatchObject({ alarms: [], warned: [], told: [] })
})

const fork = log.forkAfter(30)
const stranger = memoryLog()
const impostor = memoryLog(log.trust.log)

test.each<{ attack: string; size: number; shown?: MemoryLog; kind: 'fork' | 'regression' }>([
  { attack: 'an older copy', size: 40, kind: 'regression' },
  { attack: 'a log whose last entry is gone', size: 49, kind: 'regression' },
  { attack: 'a log that is gone', size: 0, kind: 'regression' },
  { attack: 'another history of the same length', size: 50, shown: fork, kind: 'fork' },
  { attack: 'a longer log with another history', size: 80, shown: fork, kind: 'fork' },
  { attack: 'another log', size: 80, shown: stranger, kind: 'fork' },
  { attack: 'the log signed by another key', size: 80, shown: impostor, kind: 'fork' },
])('$attack: one alarm while it lasts, nothing of it is remembered, and it is over when the log is back', async ({ size, shown, kind }) => {
  await gateway().show(50)
  const { state, show, memory } = gateway()
  for (let looks = 0; looks < 3; looks++) await show(size, shown)
  expect(state.alarms).toHaveLength(1)
  expect(state.alarms[0]).toMatchObject({ type: 'log.alarm', kind, remembered: { size: 50 } })
  expect(state.warned).toHaveLength(1)
  expect(state.warned[0]).toMatch(/^Alarm: .*look before you remove that file\.$/)
  expect(state.told).toEqual([])
  expect(await readFile(memory.path, 'utf8')).toBe(log.note(50))
  await show(60)
  expect(state.told).toEqual([60])
  await show(size, shown)
  expect(state.alarms).toHaveLength(2)
})

test.each([
  { what: 'an older copy', shown: log, kind: 'regression', sizes: [40, 41, 45] },
  { what: 'another history', shown: fork, kind: 'fork', sizes: [80, 90, 95] },
] as const)('$what that goes on growing is one alarm, however often somebody looks', async ({ shown, kind, sizes }) => {
  const { state, show } = gateway()
  await show(50)
  for (const size of sizes) await show(size, shown)
  expect(state.alarms).toMatchObject([{ kind, remembered: { size: 50 } }])
})

test('a gateway that runs remembers without the file, and writes it again', async () => {
  const { state, show, memory } = gateway()
  await show(50)
  await rm(memory.path)
  await show(40)
  expect(state.alarms).toHaveLength(1)
  await show(51)
  expect(await readFile(memory.path, 'utf8')).toBe(log.note(51))
})

test.each(['', 'x', stranger.note(5), impostor.note(5), log.note(9).replace('\n9\n', '\n10\n')])(
  'a file that the log key did not sign is told of and not replaced: %j',
  async (text) => {
    await gateway().show(3)
    const { state, show, memory } = gateway()
    await writeFile(memory.path, text)
    await show(50)
    await show(50)
    expect(state.warned).toHaveLength(1)
    expect(state.warned[0]).toContain('find out who wrote there')
    expect(await readFile(memory.path, 'utf8')).toBe(text)
  },
)

test('a database that is away is told of once, and the next look goes on', async () => {
  const { state, show, look } = gateway()
  await show(5)
  state.isAway = true
  await look()
  await look()
  expect(state.warned).toHaveLength(1)
  state.isAway = false
  await show(6)
  expect(state.told).toEqual([5, 6])
})

test('a log key that was rotated is followed, over processes too, whatever becomes of the statement; the key before it is believed no more', async () => {
  const next = ephemeralKey()
  const after = { ...log.key, publicKey: Buffer.from(next.publicKey, 'hex') }
  const about = { size: 10, root: log.checkpoint(10).root, before: log.key, after, at: '2026-11-24T00:00:00.000Z' }
  const statement = signRotation(about, { before: log.signing.sign, after: next.sign }, sha256)
  const rotated: MemoryLog = { ...log, note: (size) => signCheckpoint(log.checkpoint(size), after, next.sign, sha256) }
  await gateway().show(10)
  const unaware = gateway()
  await unaware.show(20, rotated)
  expect(unaware.state.alarms).toMatchObject([{ kind: 'fork' }])
  const aware = gateway([statement])
  await aware.show(20, rotated)
  const later = gateway()
  await later.show(30, rotated)
  expect([aware.state, later.state]).toMatchObject([
    { told: [20], alarms: [] },
    { told: [30], alarms: [] },
  ])
  await later.show(40)
  expect(later.state.alarms).toMatchObject([{ kind: 'fork' }])
  expect(later.state.warned.at(-1)).toContain('the key was rotated')
})

test('a rotation that is dated back behind what is remembered is an alarm, and what is rubbish is not kept', async () => {
  const thief = ephemeralKey()
  const after = { ...log.key, publicKey: Buffer.from(thief.publicKey, 'hex') }
  const about = { size: 20, root: log.checkpoint(20).root, before: log.key, after, at: '2026-11-24T00:00:00.000Z' }
  const statement = signRotation(about, { before: log.signing.sign, after: thief.sign }, sha256)
  await gateway().show(50)
  const { state, show, memory } = gateway(['rubbish', statement, 'more of it'])
  await show(80, { ...log, note: (size) => signCheckpoint(log.checkpoint(size), after, thief.sign, sha256) })
  expect(state.alarms).toMatchObject([{ kind: 'fork', remembered: { size: 50 } }])
  expect(await memory.rotations()).toEqual([statement])
})

test('an alarm that could not be recorded is recorded at the next look', async () => {
  await gateway().show(50)
  const memory = openCheckpointMemory(dataDir, log.trust)
  const recorded: AlarmFields[] = []
  let isAway = true
  const { look } = makeRemembering({
    memory,
    latest: async () => log.note(40),
    prove: async (from, to) => log.proof(from, to),
    tell: async () => undefined,
    alarm: async (fields) => {
      if (isAway) throw new AppError('unavailable', 'The log can not be written.')
      recorded.push(fields)
    },
    warn: () => undefined,
  })
  await look()
  isAway = false
  await look()
  await look()
  expect(recorded).toHaveLength(1)
})
