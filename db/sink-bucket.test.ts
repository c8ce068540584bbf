import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bucket, copiesInBucket, readCredentials, requireObjectLock } from './sink-bucket'
import { BUCKET_KEYS, BUCKET_SECRET, startBucket, type TestingBucket } from './testing-bucket'
import { memoryLog } from './testing-log'
import { copyOf, NEAR } from './testing-sinks'

const log = memoryLog()
let bucket: TestingBucket
let top = ''
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'countersign-bucket-'))
  await writeFile(join(top, 'keys'), BUCKET_KEYS, { mode: 0o600 })
  bucket = await startBucket()
})
afterEach(async () => {
  await bucket.close()
  await rm(top, { recursive: true, force: true })
})

const sink = (over: Partial<Bucket> = {}): Bucket => ({
  bucket: `http://127.0.0.1:${bucket.port}/log/audit`,
  region: 'eu-central-1',
  credentials: join(top, 'keys'),
  days: 30,
  ...over,
})
const copy = (size: number, over: Partial<Bucket> = {}, alarms: string[] = [], shown = log) =>
  copyOf(shown, size, copiesInBucket(sink(over), log.trust.log, NEAR), alarms)

test('each checkpoint that is due is an object that nobody can delete for as long as was asked, and the newest is read back', async () => {
  await requireObjectLock(sink(), NEAR)
  for (const size of [0, 3, 3, 10, 200]) await copy(size)
  expect(bucket.objects.size).toBe(3)
  for (const { mode, until } of bucket.objects.values()) {
    const days = (Date.parse(until ?? '') - Date.now()) / 86_400_000
    expect({ mode, days: Math.round(days) }).toEqual({ mode: 'COMPLIANCE', days: 30 })
  }
  expect(await copiesInBucket(sink(), log.trust.log, NEAR).newest()).toBe(log.note(200))
  expect([...bucket.objects.keys()].every((key) => key.startsWith(`audit/${log.trust.log}/`))).toBe(true)
})

test('the bucket itself says that the log was set back or rewritten, whatever is known here', async () => {
  const alarms: string[] = []
  await copy(50)
  await expect(copy(40, {}, alarms)).rejects.toThrow('copies in the bucket')
  await expect(copy(0, {}, alarms)).rejects.toThrow('now it has none')
  await expect(copy(80, {}, alarms, log.forkAfter(20))).rejects.toThrow('was rewritten')
  expect({ alarms, objects: bucket.objects.size }).toEqual({ alarms: ['regression', 'regression', 'fork'], objects: 1 })
})

test.each<{ what: string; over?: Partial<Bucket>; keys?: string; bend?: (bucket: TestingBucket) => void; says: string }>([
  { what: 'another secret', keys: BUCKET_KEYS.replace(BUCKET_SECRET, 'another'), says: 'SignatureDoesNotMatch' },
  { what: 'another access key', keys: BUCKET_KEYS.replace('AKIDEXAMPLE', 'AKIDOTHER'), says: 'InvalidAccessKeyId' },
  { what: 'no such bucket', over: { bucket: 'http://127.0.0.1:PORT/other' }, says: 'there is no such bucket' },
  { what: 'no lock configured', bend: (one) => Object.assign(one, { lock: 'off' }), says: 'it has no Object Lock, or not for this long' },
  { what: 'a retention that is refused', bend: (one) => Object.assign(one, { days: 7 }), says: 'it locks nothing for this long' },
  { what: 'a lock that is forgotten', bend: (one) => Object.assign(one, { lock: 'forgets' }), says: 'NoSuchObjectLockConfiguration' },
  { what: 'keys that are none', keys: 'nothing', says: 'does not hold aws_access_key_id' },
])('$what is one sentence, and nothing counts as kept', async ({ over = {}, keys, bend, says }) => {
  if (keys !== undefined) await writeFile(join(top, 'keys'), keys)
  bend?.(bucket)
  const { bucket: url } = over
  await expect(copy(5, url === undefined ? over : { bucket: url.replace('PORT', String(bucket.port)) })).rejects.toThrow(says)
})

test('a bucket without Object Lock is refused before anything is copied, and so are keys that others can read', async () => {
  bucket.lock = 'off'
  await expect(requireObjectLock(sink(), NEAR)).rejects.toThrow('it has no Object Lock')
  await chmod(join(top, 'keys'), 0o644)
  await expect(readCredentials(join(top, 'keys'))).rejects.toThrow('can be read by others')
})

test('something else that stands before the copies is told, and nothing is copied over it', async () => {
  bucket.objects.set(`audit/${log.trust.log}/0`, { body: '', mode: null, until: null })
  await expect(copy(5)).rejects.toThrow('no copy stands before the copies')
})
