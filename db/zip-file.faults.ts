import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localHeader, type Member } from '../core/audit/evidence-zip'
import { freshDatabase } from './testing'
import { type Contents, type EvidenceBench, openEvidenceBench, resigned, unpack } from './testing-evidence'
import type { FreshDatabase } from './testing-server'
import { ZipFile } from './zip-file'

const folder = mkdtempSync(join(tmpdir(), 'countersign-large-'))
let database: FreshDatabase
let bench: EvidenceBench

beforeAll(async () => {
  database = await freshDatabase()
  bench = await openEvidenceBench(database)
})
afterAll(async () => {
  await bench.close()
  await database.drop()
  rmSync(folder, { recursive: true })
})

const NOTHING = Buffer.alloc(64 * 1024 * 1024)
const MANY = 65

/** Members of nothing but zeros, which take no room on a disk, as they would lie there. */
function holes(path: string): readonly Member[] {
  const file = openSync(path, 'w')
  const members: Member[] = []
  const crc = crc32(NOTHING)
  for (let n = 0, at = 0; n < MANY; n++) {
    const member: Member = { name: `nothing/${n}`, method: 0, crc, packedBytes: NOTHING.length, bytes: NOTHING.length, at }
    const header = localHeader(member)
    writeSync(file, header, 0, header.length, at)
    at += header.length + NOTHING.length
    ftruncateSync(file, at)
    members.push(member)
  }
  closeSync(file)
  return members
}

test('a bundle of more than 4 GiB is read by us, by the script and by others', async () => {
  await bench.calls(5)
  await bench.seal()
  const good = await unpack((await bench.bundle()).path)
  const path = join(folder, 'large.zip')
  const members = holes(path)
  const contents: Contents = resigned(new Map([...members.map(({ name }) => [name, NOTHING] as const), ...good]), bench.keys)
  const zip = await ZipFile.open(path, members)
  for (const [name, bytes] of contents) if (!name.startsWith('nothing/')) await zip.add(name, bytes)
  await zip.finish()
  expect(statSync(path).size).toBeGreaterThan(2 ** 32)
  expect(await bench.verify(path)).toMatchObject({ verdict: 'intact' })
  const script = [join(import.meta.dirname, '..', 'e2e/stand-alone-verify.mjs'), path, bench.keys.trust.root]
  expect(spawnSync(process.execPath, script, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: expect.stringContaining('Intact') })
  for (const [tool, ...args] of [
    ['unzip', '-tqq', path],
    ['python3', '-m', 'zipfile', '-t', path],
  ] as const) {
    const told = spawnSync(tool, args, { encoding: 'utf8' })
    if (!told.error) expect({ tool, status: told.status, said: told.stderr }).toEqual({ tool, status: 0, said: '' })
  }
})
