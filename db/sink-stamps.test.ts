import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { DER_TAG, writeDer } from '../core/audit/der'
import { readTimestamp } from '../core/audit/timestamp'
import { AppError } from '../core/errors'
import { copiesStamped, readNewestStamp, type Stamping } from './sink-stamps'
import { checkStamp, readCertificates } from './stamp-check'
import { startAuthority, type TestingAuthority } from './testing-authority'
import { memoryLog } from './testing-log'
import { copyOf, NEAR } from './testing-sinks'

const log = memoryLog()
let authority: TestingAuthority
let other: TestingAuthority
let top = ''
beforeAll(async () => {
  authority = await startAuthority({ key: 'rsa' })
  other = await startAuthority({ key: 'ec', essHash: 'sha1' })
})
afterAll(() => Promise.all([authority.close(), other.close()]))
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'countersign-stamps-'))
})
afterEach(async () => {
  authority.instead = null
  await rm(top, { recursive: true, force: true })
})

const sinkOf = ({ url, root }: TestingAuthority): Stamping => ({ timestamp: url, certificates: root })
const stamp = (size: number, sink = sinkOf(authority), alarms: string[] = []) =>
  copyOf(log, size, copiesStamped(sink, log.trust.log, top, NEAR), alarms)
const filesThere = async () =>
  (await readdir(top, { recursive: true })).filter((name) => /\.(?:tsr|checkpoint)$/.test(name)).map((name) => join(top, name))
const read = (sink = sinkOf(authority)) => readNewestStamp(sink, log.trust.log, top)

test('a checkpoint is kept with its stamp, which openssl verifies from the two files alone, and so do we', async () => {
  const before = Date.now()
  for (const one of [authority, other]) {
    await stamp(50, sinkOf(one))
    const stamped = await read(sinkOf(one))
    expect(stamped?.note).toBe(log.note(50))
    expect(Math.abs(Date.parse(stamped?.at ?? '') - before)).toBeLessThan(120_000)
  }
  const checkpoints = (await filesThere()).filter((name) => name.endsWith('.checkpoint'))
  expect(checkpoints).toHaveLength(2)
  for (const checkpoint of checkpoints) {
    const reply = checkpoint.replace(/checkpoint$/, 'tsr')
    const results = [authority, other].map(({ folder }) => opensslSays(checkpoint, reply, join(folder, 'root.pem')))
    expect(results.sort()).toEqual(['Verification: FAILED', 'Verification: OK'])
  }
})

function opensslSays(checkpoint: string, reply: string, root: string): string {
  try {
    const args = ['ts', '-verify', '-data', checkpoint, '-in', reply, '-CAfile', root]
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch (error) {
    return String((error as { readonly stdout?: string }).stdout).trim()
  }
}

test('the certificate that stamps can be pinned itself; one of another authority proves nothing', async () => {
  await stamp(5)
  expect(await read({ ...sinkOf(authority), certificates: authority.own })).not.toBeNull()
  await expect(read({ ...sinkOf(authority), certificates: other.root })).rejects.toThrow('not certified by a pinned certificate')
  expect(() => readCertificates('')).toThrow('holds no certificate')
  expect(() => readCertificates('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toThrow('is damaged')
})

test('whoever is certified for anything else than stamping stamps nothing', async () => {
  const signers = [await startAuthority({ key: 'ec' }), await startAuthority({ key: 'ec', usage: 'critical,serverAuth' })]
  await stamp(5)
  const [reply = ''] = (await filesThere()).filter((name) => name.endsWith('.tsr'))
  const { info } = readTimestamp(await readFile(reply))
  const outcomes: string[] = []
  for (const signer of signers) {
    await writeFile(join(top, 'info'), info)
    const how = ['-binary', '-nodetach', '-cades', '-econtent_type', '1.2.840.113549.1.9.16.1.4', '-outform', 'DER']
    const who = ['-signer', join(signer.folder, 'own.pem'), '-inkey', join(signer.folder, 'own.key')]
    const token = execFileSync('openssl', ['cms', '-sign', ...how, ...who, '-in', join(top, 'info')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await signer.close()
    const granted = writeDer(DER_TAG.sequence, writeDer(DER_TAG.integer, Uint8Array.of(0)))
    const response = writeDer(DER_TAG.sequence, granted, token)
    outcomes.push(outcomeOf(() => checkStamp(response, Buffer.from(log.note(5)), readCertificates(signer.root))))
  }
  expect(outcomes).toEqual([expect.stringMatching(/Z$/), 'The time stamp proves nothing: its signer may not stamp times.'])
})

function outcomeOf(check: () => string): string {
  try {
    return check()
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

test('no stamp but the one on this very checkpoint, for this very request, is kept', async () => {
  let first: Buffer | null = null
  authority.instead = (answer) => {
    first ??= answer
    return first
  }
  await stamp(5)
  await expect(stamp(9)).rejects.toThrow('it is of something else')
  authority.instead = () => null
  await expect(stamp(9)).rejects.toThrow('gave no time stamp: it answered 503')
  authority.instead = () => Buffer.from([0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02, 0x30, 0x02, 0x0c, 0x00])
  await expect(stamp(9)).rejects.toThrow('was refused (status 2)')
  expect(await filesThere()).toHaveLength(2)
  expect((await read())?.note).toBe(log.note(5))
})

test('an old answer to the same question is no answer to this one', async () => {
  await stamp(5)
  const [reply = ''] = (await filesThere()).filter((name) => name.endsWith('.tsr'))
  const response = await readFile(reply)
  const pinned = readCertificates(authority.root)
  expect(checkStamp(response, Buffer.from(log.note(5)), pinned)).toMatch(/Z$/)
  expect(() => checkStamp(response, Buffer.from(log.note(5)), pinned, Buffer.alloc(16, 0x41))).toThrow('answers another request')
})

test('no byte of a stamp that says something can be changed, and no prefix of it holds', async () => {
  await stamp(5)
  const [reply = ''] = (await filesThere()).filter((name) => name.endsWith('.tsr'))
  const response = await readFile(reply)
  const [bytes, pinned] = [Buffer.from(log.note(5)), readCertificates(authority.root)]
  const at = checkStamp(response, bytes, pinned)
  const said = (bent: Buffer): string => outcomeOf(() => checkStamp(bent, bytes, pinned))
  let refused = 0
  for (let place = 0; place < response.length; place += 3) {
    const bent = Buffer.from(response)
    bent[place] = (bent[place] ?? 0) ^ 0x55
    // What is not signed, such as the version of a structure, may change; what is said may not.
    if (said(bent) !== at) refused += 1
    else expect(readTimestamp(bent).info, `byte ${place}`).toEqual(readTimestamp(response).info)
    // An RSA signature of 2048 bits is what a stamp ends with.
    if (place >= response.length - 256) expect(said(bent), `byte ${place}`).not.toBe(at)
    if (place % 7 === 0) expect(said(response.subarray(0, place)), `prefix ${place}`).not.toMatch(/Z$/)
  }
  expect(refused).toBeGreaterThan(response.length / 6)
})

test('a stamp that is missing or another’s is told, and a log that does not extend what is stamped is an alarm', async () => {
  await stamp(50)
  const alarms: string[] = []
  await expect(stamp(40, sinkOf(authority), alarms)).rejects.toThrow('time stamp of http')
  expect(alarms).toEqual(['regression'])
  const [reply = ''] = (await filesThere()).filter((name) => name.endsWith('.tsr'))
  await writeFile(reply, 'nothing')
  await expect(read()).rejects.toThrow('not what the format asks for')
  await rm(reply)
  await expect(read()).rejects.toThrow('is missing')
})
