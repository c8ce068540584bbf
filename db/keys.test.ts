import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isCertifiedBy } from '../core/audit/certificate'
import { verifyEd25519 } from './crypto'
import { openKeys, readTrust } from './keys'

let dataDir: string
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'countersign-keys-')), 'data')
})
afterEach(() => rm(join(dataDir, '..'), { recursive: true, force: true }))

test('keys made once are the same for whoever comes later', async () => {
  const first = await openKeys(dataDir)
  const second = await openKeys(dataDir)
  expect(second.trust).toEqual(first.trust)
  expect(second.host.certificate).toEqual(first.host.certificate)
  expect(isCertifiedBy((await second.publisher()).certificate, first.trust.root, verifyEd25519)).toBe(true)
})

test('of twenty that start at once all hold the same keys, and nothing is left lying about', async () => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => openKeys(dataDir)))
  expect(new Set(opened.map(({ trust }) => JSON.stringify(trust))).size).toBe(1)
  expect(new Set(opened.map(({ host }) => host.certificate.key)).size).toBe(1)
  expect((await readdir(dataDir)).sort()).toEqual(['keys', 'trust.json'])
})

test('nobody else can read a key', async () => {
  await openKeys(dataDir)
  for (const service of ['root', 'host', 'publisher', 'log']) {
    expect((await stat(join(dataDir, 'keys', service))).mode & 0o777).toBe(0o700)
    expect((await stat(join(dataDir, 'keys', service, 'private.pem'))).mode & 0o777).toBe(0o600)
  }
})

test.each([
  { attack: 'a host key that the group can read', at: ['keys', 'host', 'private.pem'], mode: 0o640 },
  { attack: 'a host key folder open to the world', at: ['keys', 'host'], mode: 0o755 },
  { attack: 'a keys folder in which the group can put others', at: ['keys'], mode: 0o770 },
  { attack: 'a trust.json that anybody can write', at: ['trust.json'], mode: 0o666 },
  { attack: 'a data directory in which the group can put another keys folder', at: [], mode: 0o770 },
  { attack: 'a data directory like /tmp', at: [], mode: 0o1777 },
])('$attack is refused, with the command that closes it', async ({ at, mode }) => {
  await openKeys(dataDir)
  await chmod(join(dataDir, ...at), mode)
  await expect(openKeys(dataDir)).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('chmod') })
})

test.each([
  { place: 'trust.json', at: ['trust.json'], mode: 0o664 },
  { place: 'its folder', at: [], mode: 0o777 },
])('what pins the root is not believed where others can write $place', async ({ at, mode }) => {
  await openKeys(dataDir)
  await chmod(join(dataDir, ...at), mode)
  await expect(readTrust(dataDir)).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('chmod go-w') })
})

test('a data directory that others may read is used: nothing in it is a secret but the keys', async () => {
  await openKeys(dataDir)
  await chmod(dataDir, 0o755)
  await expect(openKeys(dataDir)).resolves.toBeDefined()
})

test('a host certificate of another root is refused', async () => {
  await openKeys(dataDir)
  const stranger = join(dataDir, '..', 'stranger')
  await openKeys(stranger)
  await writeFile(join(dataDir, 'keys', 'host', 'certificate.json'), await readFile(join(stranger, 'keys', 'host', 'certificate.json')))
  await expect(openKeys(dataDir)).rejects.toMatchObject({ fault: 'conflict' })
})

test('a start that died between the keys and trust.json is finished by the next one', async () => {
  const first = await openKeys(dataDir)
  await rm(join(dataDir, 'trust.json'))
  expect((await openKeys(dataDir)).trust).toEqual(first.trust)
})

test.each([
  { damage: 'a cut off key', at: ['keys', 'host', 'private.pem'] },
  { damage: 'an empty trust.json', at: ['trust.json'] },
])('$damage is named, never replaced', async ({ at }) => {
  await openKeys(dataDir)
  await writeFile(join(dataDir, ...at), '')
  await expect(openKeys(dataDir)).rejects.toMatchObject({ fault: 'invalid', message: expect.stringContaining(at.at(-1) ?? '') })
})
