import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { directoryBytes, localHeader, type Member } from '../core/audit/evidence-zip'
import { verifyFile } from './testing-evidence'

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
