import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveRealpaths, stillResolves } from './realpaths'

let root = ''
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'countersign-realpaths-')))
  await mkdir(join(root, 'inside'))
  await writeFile(join(root, 'inside', 'file'), 'x')
  await symlink('/etc', join(root, 'inside', 'out'))
  await symlink(join(root, 'nowhere'), join(root, 'inside', 'dangling'))
  await symlink(join(root, 'inside', 'loop'), join(root, 'inside', 'loop'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test.each([
  { what: 'a file is itself', path: 'inside/file', real: 'inside/file' },
  { what: 'a file yet to be made hangs on its folder', path: 'inside/new/deep', real: 'inside/new/deep' },
  { what: 'a link out of the root shows where it leads', path: 'inside/out/passwd', real: '/etc/passwd' },
  { what: 'a file yet to be made below a link shows where it would be', path: 'inside/out/nope/x', real: '/etc/nope/x' },
  { what: 'a dangling link is unknown', path: 'inside/dangling', real: null },
  { what: 'below a dangling link is unknown', path: 'inside/dangling/x', real: null },
  { what: 'climbing out of a link is climbing where it leads', path: 'inside/out/../root-of-etc', real: '/root-of-etc' },
  { what: 'climbing out of what is missing is unknown', path: 'inside/missing/../file', real: null },
  { what: 'a loop is unknown', path: 'inside/loop', real: null },
])('$what', async ({ path, real }) => {
  const from = `${root}/${path}`
  const expected = real === null || real.startsWith('/') ? real : join(root, real)
  expect((await resolveRealpaths([from])).get(from)).toBe(expected)
})

test('a folder that is swapped for a link between judging and forwarding is noticed', async () => {
  await mkdir(join(root, 'swap'))
  const path = join(root, 'swap', 'passwd')
  const before = await resolveRealpaths([path])
  expect(await stillResolves(before)).toBe(true)
  await rename(join(root, 'swap'), join(root, 'swapped'))
  await symlink('/etc', join(root, 'swap'))
  expect(await stillResolves(before)).toBe(false)
})

test('more paths than anybody asks about are not looked for', async () => {
  const paths = Array.from({ length: 10_001 }, (_, at) => `${root}/inside/${at}`)
  const real = await resolveRealpaths(paths)
  expect(real.size).toBe(paths.length)
  expect([...new Set(real.values())]).toEqual([null])
})
