import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import {
  BUNDLE_LIMIT_BYTES,
  directoryBytes,
  localHeader,
  MEMBERS_LIMIT,
  type Member,
  readDirectory,
  ZIP_FORM,
  type ZipForm,
} from '../core/audit/evidence-zip'
import { verifyFile } from './testing-evidence'
import { ZipFile } from './zip-file'

const folder = mkdtempSync(join(tmpdir(), 'countersign-zip-'))
let count = 0
afterAll(() => rmSync(folder, { recursive: true }))
const fresh = (): string => join(folder, `${count++}.zip`)

/** A zip as nobody of ours writes it. */
type Packed = { readonly name: string; readonly data: Uint8Array; readonly over?: Partial<Member> }
function zipOf(files: readonly Packed[], form: ZipForm = ZIP_FORM): string {
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
  writeFileSync(path, Buffer.concat([...parts, directoryBytes(members, at, form)]))
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

/** As if they lay one behind the other: nothing of them is on the disk. */
const hole = (bytes: number): Member => ({ name: 'entries/0', method: 0, crc: 0, packedBytes: bytes, bytes, at: 0 })

test.each([
  { what: 'as many members as there can be', members: Array<Member>(MEMBERS_LIMIT).fill(hole(0)), bytes: 1 },
  { what: 'as many bytes as there can be', members: [{ ...hole(0), at: BUNDLE_LIMIT_BYTES - 60 }], bytes: 100 },
  { what: 'a member larger than any', members: [], bytes: 64 * 1024 * 1024 + 1 },
])('behind $what nothing is written, and one sentence says what to do', async ({ members, bytes }) => {
  const path = fresh()
  writeFileSync(path, '')
  const zip = await ZipFile.open(path, members)
  await expect(zip.add('one-more', Buffer.alloc(bytes))).rejects.toThrow('more than one bundle holds: export a shorter period')
  await zip.close()
  rmSync(path)
})

const read = (bytes: Uint8Array, form?: ZipForm) =>
  readDirectory({ size: bytes.length, read: async (at, length) => bytes.subarray(at, at + length) }, form)
/** What others make of it, where they are there. */
const others = (path: string) =>
  [spawnSync('unzip', ['-tqq', path]), spawnSync('python3', ['-m', 'zipfile', '-t', path])]
    .filter(({ error }) => !error)
    .map(({ status, stdout, stderr }) => ({ status, said: `${stdout}${stderr}` }))
const OTHERS_AGREE = expect.not.arrayContaining([expect.not.objectContaining({ status: 0 })])

const data = (text: string) => ({ data: Buffer.from(text), over: { crc: crc32(text) } })
const SMALL: readonly Packed[] = ['a', 'b', 'c'].map((name) => ({ name, ...data(`${name} is what it is called`) }))

test.each<ZipForm>([
  { count: 1, place: 1 },
  { count: 3, place: ZIP_FORM.place },
  { count: ZIP_FORM.count, place: 60 },
])('with Zip64 from $count members and $place bytes on, we and others read what we write, and no other file is like it', async (form) => {
  const path = zipOf(SMALL, form)
  expect(others(path)).toEqual(OTHERS_AGREE)
  const bytes = readFileSync(path)
  expect(await read(bytes, form)).toMatchObject(SMALL.map(({ name }) => ({ name })))
  // Where it is not needed nobody of ours writes it.
  expect(await read(bytes)).toMatchObject({ is: 'forged' })
  for (let at = 0; at < bytes.length; at++) {
    // Only what is in the members themselves is for the manifest to tell.
    const isContent = SMALL.some(({ data }) => at - bytes.indexOf(data) >= 0 && at - bytes.indexOf(data) < data.length)
    const lie = Buffer.from(bytes)
    lie[at] = (lie[at] ?? 0) ^ (1 << (at % 8))
    if (!isContent) expect(await read(lie, form), `byte ${at}`).toHaveProperty('sentence')
    expect(await read(bytes.subarray(0, at), form), `cut at ${at}`).toHaveProperty('sentence')
  }
})

const EVERY: ZipForm = { count: 1, place: 1 }
test.each<{ lie: string; bytes: () => Uint8Array; says: RegExp }>([
  {
    lie: 'a member that lies where another does',
    bytes: () =>
      readFileSync(
        zipOf(
          SMALL.map((each, n) => (n === 2 ? { ...each, over: { ...each.over, at: 52 } } : each)),
          EVERY,
        ),
      ),
    says: /c does not lie where the one before it ends/,
  },
  {
    lie: 'a member beyond the file',
    bytes: () =>
      readFileSync(
        zipOf(
          SMALL.map((each, n) => (n === 2 ? { ...each, over: { ...each.over, at: 2 ** 60 } } : each)),
          EVERY,
        ),
      ),
    says: /c does not lie where the one before it ends/,
  },
  {
    lie: 'a bomb behind a large place',
    bytes: () => readFileSync(zipOf([...SMALL, { name: 'd', data: BOMB, over: { method: 8, bytes: 50 * 1024 * 1024 } }], EVERY)),
    says: /d would unpack to more than 50 times its size/,
  },
  { lie: 'more members than there are', bytes: () => changed((end, bytes) => bytes.writeBigUInt64LE(4n, end + 32)), says: /./ },
  {
    lie: 'more members than a bundle has',
    bytes: () => changed((end, bytes) => bytes.writeBigUInt64LE(BigInt(MEMBERS_LIMIT + 1), end + 32)),
    says: /more members than a bundle has/,
  },
  {
    lie: 'a directory of 2^64 - 1 bytes',
    bytes: () => changed((end, bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, end + 40)),
    says: /more members than a bundle has/,
  },
  {
    lie: 'a directory at 2^64 - 1',
    bytes: () => changed((end, bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, end + 48)),
    says: /does not lie where its end says/,
  },
  {
    lie: 'a large end that is not there',
    bytes: () => changed((end, bytes) => bytes.writeUInt32LE(0, end)),
    says: /and not where it lies/,
  },
  { lie: 'nothing but a large end', bytes: () => changed(() => undefined).subarray(-22), says: /and not where it lies/ },
])('$lie is refused in one sentence', async ({ bytes, says }) => {
  expect(await read(bytes(), EVERY)).toMatchObject({ sentence: expect.stringMatching(says) })
})

/** A small archive of the large kind, and where its large end stands. */
function changed(change: (end: number, bytes: Buffer) => void): Buffer {
  const bytes = readFileSync(zipOf(SMALL, EVERY))
  change(bytes.length - 98, bytes)
  return bytes
}

test('of 65,535 members others read each, as we do', async () => {
  const path = zipOf(Array.from({ length: ZIP_FORM.count }, (_, n) => ({ name: `${n}`, data: new Uint8Array() })))
  expect(await read(readFileSync(path))).toHaveLength(ZIP_FORM.count)
  const listed = spawnSync('unzip', ['-Z1', path], { encoding: 'utf8', maxBuffer: 2 ** 24 })
  if (!listed.error) expect(listed.stdout.split('\n').length - 1).toBe(ZIP_FORM.count)
})
