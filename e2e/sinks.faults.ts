import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { readSealing } from '../db/seal-read'
import { freshDatabase } from '../db/testing'
import { startAuthority, type TestingAuthority } from '../db/testing-authority'
import { BUCKET_KEYS, startBucket, type TestingBucket } from '../db/testing-bucket'
import { startWebReceiver, type WebReceiver } from '../db/testing-receivers'
import { CLI, countersign, makePlace, type Place, publish } from './gateway'

let place: Place
let sql: Sql
let authority: TestingAuthority
let bucket: TestingBucket
let receiver: WebReceiver
let stuck: WebReceiver
let sealer: ChildProcess | null = null

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  ;[authority, bucket, receiver, stuck] = await Promise.all([
    startAuthority({ key: 'rsa' }),
    startBucket(),
    startWebReceiver(),
    startWebReceiver({ respond: () => undefined }),
  ])
})
afterAll(async () => {
  sealer?.kill('SIGKILL')
  await sql.end({ timeout: 1 })
  await Promise.all([authority, bucket, receiver, stuck].map((each) => each.close()))
  await place.remove()
})

const sink = (...words: readonly string[]) => countersign(place, 'console', ['sink', ...words])
const sealed = async () => (await readSealing(sql)).size

test('a process that seals copies to every kind of sink, waits for none, and verify compares them all', async () => {
  const [copies, keys, root] = ['copies', 'keys', 'root.pem'].map((name) => join(place.dir, name)) as [string, string, string]
  await mkdir(copies)
  await writeFile(keys, BUCKET_KEYS, { mode: 0o600 })
  await writeFile(root, authority.root)
  const stuckUrl = `http://127.0.0.1:${stuck.port}/stuck`
  for (const words of [
    [copies],
    ['--webhook', stuckUrl],
    ['--webhook', `http://127.0.0.1:${receiver.port}/log`],
    ['--timestamp', authority.url, '--certificate', root],
    ['--bucket', `http://127.0.0.1:${bucket.port}/log/audit`, '--credentials', keys, '--days', '7'],
  ])
    expect(await sink('add', ...words)).toMatchObject({ code: 0, stderr: '' })
  expect((await sink('list')).stdout).toMatch(/files\n.*signed webhook\n.*signed webhook\n.*RFC 3161.*\n.*locked for 7 days/)
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: place.database.urlFor('sealer') }
  sealer = spawn(process.execPath, [CLI, 'seal', '--data-dir', place.dataDir], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  await expect.poll(() => stuck.received.length, { timeout: 60_000 }).toBeGreaterThan(0)
  await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(1)
  await expect.poll(() => bucket.objects.size, { timeout: 60_000 }).toBe(1)
  await expect.poll(async () => (await readdir(place.dataDir)).includes('stamps'), { timeout: 60_000 }).toBe(true)
  await expect.poll(() => readdir(copies), { timeout: 60_000 }).toHaveLength(1)
  const before = await sealed()
  await publish(place, 'version: "1"\ndefault: deny\nrules: []\n')
  await expect.poll(sealed, { timeout: 60_000 }).toBeGreaterThan(before)
  expect(await sink('remove', stuckUrl)).toMatchObject({ code: 0, stderr: '' })
  const { code, stdout, stderr } = await countersign(place, 'auditor', ['verify'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/Stamped at \d{4}-\S+Z by http/)
  for (const from of ['copies in', 'copies in the bucket', 'time stamp of', 'checkpoint sent to'])
    expect(stdout).toMatch(new RegExp(`"The ${from} \\S+" at #\\d+: this log leads on from there`))
  sealer.kill('SIGTERM')
  await once(sealer, 'exit')
}, 300_000)
