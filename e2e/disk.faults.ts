import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../db/connect'
import { startEmbedded, stopEmbedded } from '../db/embedded'
import { isCode } from '../db/embedded-home'
import { checkInvariants } from './checker'
import { type GatewayProcess, initialize, type Place, publish, readMarks, recorder, startGateway } from './gateway'
import { placeOn } from './own-server'
import { recovers, steadily, timed } from './traffic'

const SIZE = '96m'
const NAME = 'countersign-small-disk-'

const disk = mkdtempSync(join(tmpdir(), NAME))
const dataDir = join(disk, 'data')
const ballast = join(disk, 'ballast')

let place: Place
let marks = ''
let gateway: GatewayProcess

function mount(): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=711`, NAME, disk], { stdio: 'pipe' })
  } catch (cause) {
    throw new Error(`this test needs the right to mount a file system of ${SIZE}: run it as root, with CAP_SYS_ADMIN`, { cause })
  }
}

/** What a killed run left: a mounted disk, and a server on it. */
async function sweep(): Promise<void> {
  const mounted = readFileSync('/proc/mounts', 'utf8').split('\n')
  for (const line of mounted.filter((each) => each.startsWith(`${NAME} `))) {
    const left = line.split(' ')[1] ?? ''
    await stopEmbedded(join(left, 'data'))
    execFileSync('umount', ['-l', left])
    rmSync(left, { recursive: true, force: true })
  }
}

beforeAll(async () => {
  await sweep()
  mount()
  place = await placeOn(await startEmbedded({ dataDir, settings: { min_wal_size: '32MB', max_wal_size: '32MB' } }), dataDir)
  marks = join(place.dir, 'marks')
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
  gateway = startGateway(place, { upstream: recorder(marks) })
  await initialize(gateway)
  await recovers(gateway, 'first')
})
afterAll(async () => {
  await rm(ballast, { force: true })
  await place?.remove()
  execFileSync('umount', ['-l', disk])
  rmSync(disk, { recursive: true, force: true })
})

/** Writes until there is no room for another byte. */
async function fill(): Promise<void> {
  const file = await open(ballast, 'a')
  try {
    for (const size of [1 << 20, 4096, 1]) await fillWith(file, Buffer.alloc(size))
  } finally {
    await file.close()
  }
}

async function fillWith(file: FileHandle, bytes: Buffer): Promise<void> {
  for (;;) {
    try {
      await file.write(bytes)
    } catch (error) {
      if (isCode(error, 'ENOSPC')) return
      throw error
    }
  }
}

/** Calls until one is refused: what room there was inside the files is used up first. */
async function untilRefused(name: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (let at = 0; performance.now() < deadline; at++) {
    const seen = await Promise.all(Array.from({ length: 8 }, (_, lane) => timed(gateway, `${name}/fill-${at}-${lane}`)))
    if (seen.some(({ isError }) => isError)) return
  }
  throw new Error('a full disk refused nothing')
}

async function expectNothingRuns(name: string): Promise<void> {
  const traffic = steadily(gateway, `${name}/full`, 20)
  await sleep(3_000)
  const seen = await traffic.stop()
  const done = new Set((await readMarks(marks)).map(({ token }) => token))
  for (const { token, isError, code, tookMs } of seen) {
    expect({ token, ran: done.has(token) }).toEqual({ token, ran: !isError })
    if (isError) expect(code).toBe('store_unavailable')
    expect(tookMs).toBeLessThan(4_000)
  }
  expect(seen.filter(({ isError }) => isError).length).toBeGreaterThan(seen.length / 2)
}

test('the disk of the database fills under calls: refused, nothing forwarded, and alive as soon as there is room', async () => {
  await fill()
  await untilRefused('full')
  await expectNothingRuns('full')
  await rm(ballast)
  await recovers(gateway, 'room again')
})

/** A new segment of the write-ahead log is what PostgreSQL can't do without: it goes down, and recovery needs room too. */
async function useUpTheLog(): Promise<void> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'write-ahead log' })
  try {
    for (let at = 0; at < 8; at++) await sql.unsafe(`select pg_logical_emit_message(true, 'test', repeat('x', 8000000))`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  } finally {
    await sql.end({ timeout: 1 })
  }
}

test('there is no room for the write-ahead log: the server goes down, and what starts it finds every entry', async () => {
  await fill()
  await useUpTheLog()
  await untilRefused('no log')
  await expectNothingRuns('no log')
  await rm(ballast)
  await startEmbedded({ dataDir })
  await recovers(gateway, 'log again')
})

test('after all of it the log is intact and every decision has one end', async () => {
  expect(await gateway.stop()).toBe(0)
  const { wrong, report } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.verdict).toBe('intact')
})
