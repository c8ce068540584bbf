import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { BUNDLE_LIMIT_BYTES, directoryBytes, localHeader, MEMBERS_LIMIT, type Member, readDirectory } from '../core/audit/evidence-zip'
import { verifyFile } from './testing-evidence'
import { ZipFile } from './zip-file'

const folder = mkdtempSync(join(tmpdir(), 'countersign-zip-'))
let count = 0
afterAll(() => rmSync(folder, { recursive: true }))
const fresh = (): string => join(folder, `${count++}.zip`)

/** A zip as nobody of ours writes it. */
function zipOf(files: readonly { readonly name: string; readonly data: Uint8Array; readonly over?: Partial<Member> }[]): string {
  const path = fresh()
  const parts: Uint8Array[] = []
  const members: Member[] = []
  let at = 0
  for (const { name, data, over } of files) {
    const member: Member = { name, method: 0, crc: 0, packedBytes: data.length, bytes: data.length, at, ...over }
    const header = localHeader(member)
    parts.push(header, data)
    members.push(member)
    at += header.length + data.length
  }
  writeFileSync(path, Buffer.concat([...parts, directoryBytes(members, at)]))
  return path
}

const BOMB = deflateRawSync(Buffer.alloc(50 * 1024 * 1024))
test.each([
  {
    what: 'a bomb',
    path: () => zipOf([{ name: 'manifest.json', data: BOMB, over: { method: 8, bytes: 50 * 1024 * 1024 } }]),
    verdict: 'could not tell',
  },
  {
    what: 'a bomb that says it is small',
    path: () => zipOf([{ name: 'manifest.json', data: BOMB, over: { method: 8, bytes: 1_000 } }]),
    verdict: 'damaged',
  },
  {
    what: 'a member of 4 GiB',
    path: () => zipOf([{ name: 'a', data: BOMB, over: { method: 8, bytes: 0xffff_fff0 } }]),
    verdict: 'could not tell',
  },
  { what: 'a path that climbs', path: () => zipOf([{ name: '../../etc/passwd', data: BOMB }]), verdict: 'damaged' },
  { what: 'an absolute path', path: () => zipOf([{ name: '/etc/passwd', data: BOMB }]), verdict: 'damaged' },
  { what: 'a backslash', path: () => zipOf([{ name: 'a\\b', data: BOMB }]), verdict: 'damaged' },
  {
    what: 'one name twice',
    path: () =>
      zipOf([
        { name: 'a', data: BOMB },
        { name: 'a', data: BOMB },
      ]),
    verdict: 'damaged',
  },
  {
    what: 'members that overlap',
    path: () =>
      zipOf([
        { name: 'a', data: BOMB },
        { name: 'b', data: BOMB, over: { at: 0 } },
      ]),
    verdict: 'damaged',
  },
  { what: 'an empty zip', path: () => zipOf([]), verdict: 'damaged' },
  { what: 'something else', path: () => join(import.meta.dirname, 'evidence.test.ts'), verdict: 'could not tell' },
])('$what is never intact, and never more than it says in memory', async ({ path, verdict }) => {
  expect(await verifyFile(path(), {})).toMatchObject({ verdict, manifest: null })
})

/** Members that are all holes: nothing of them is on the disk. */
const holes = (many: number, bytes: number): readonly Member[] => {
  const members: Member[] = []
  for (let n = 0, at = 0; n < many; n++) {
    const member: Member = { name: `entries/${n}`, method: 0, crc: 0, packedBytes: bytes, bytes, at }
    members.push(member)
    at += localHeader(member).length + bytes
  }
  return members
}

test.each([
  { what: 'as many members as there can be', members: holes(MEMBERS_LIMIT, 0), bytes: 1 },
  { what: 'as many bytes as there can be', members: holes(1, BUNDLE_LIMIT_BYTES - 60), bytes: 100 },
  { what: 'a member larger than any', members: [], bytes: 64 * 1024 * 1024 + 1 },
])('behind $what nothing is written, and one sentence says what to do', async ({ members, bytes }) => {
  const path = fresh()
  writeFileSync(path, '')
  const zip = await ZipFile.open(path, members)
  await expect(zip.add('one-more', Buffer.alloc(bytes))).rejects.toThrow('more than one bundle holds: export a shorter period')
  await zip.close()
  rmSync(path)
})

test('as many members as are written are read back; a file that says one more is refused', async () => {
  const bytes = readFileSync(zipOf(Array.from({ length: MEMBERS_LIMIT }, (_, n) => ({ name: `${n}`, data: new Uint8Array() }))))
  const members = () => readDirectory({ size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) })
  expect(await members()).toHaveLength(MEMBERS_LIMIT)
  bytes.writeUInt16LE(MEMBERS_LIMIT + 1, bytes.length - 12)
  expect(await members()).toMatchObject({ is: 'cut', sentence: expect.stringContaining('more members than a bundle has') })
})
