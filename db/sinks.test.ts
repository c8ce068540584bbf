import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshWebhookSecret } from './secrets'
import { copiesInFolder } from './sink-folder'
import { copyNewest, readSinks, type Sink, writeSinks } from './sinks'
import { type MemoryLog, memoryLog } from './testing-log'

const log = memoryLog()
let top = ''
let folder = ''
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'countersign-sinks-'))
  folder = join(top, 'copies')
  await mkdir(folder)
})
afterEach(() => rm(top, { recursive: true, force: true }))

const alarms: string[] = []
const copy = (size: number, shown: MemoryLog = log) => {
  alarms.length = 0
  return copyNewest(copiesInFolder(folder, log.trust.log), log.trust, {
    latest: async () => (size === 0 ? null : { size, note: shown.note(size) }),
    rotations: async () => [],
    proof: async (from, to) => shown.proof(from, to),
    alarm: async ({ kind }) => void alarms.push(kind),
    over: async () => undefined,
  })
}
const nameOf = (size: number) => `${String(size).padStart(16, '0')}.checkpoint`
const there = () => readdir(join(folder, log.trust.log))

test('each checkpoint that is due is a file of its own, and none is written twice', async () => {
  expect(await copy(0)).toBeNull()
  for (const size of [3, 3, 10, 200]) expect(await copy(size)).toBe(size)
  expect((await there()).sort()).toEqual([3, 10, 200].map(nameOf))
  expect(await readFile(join(folder, log.trust.log, nameOf(10)), 'utf8')).toBe(log.note(10))
})

test.each<{ story: string; size: number; shown?: MemoryLog; kind: string }>([
  { story: 'a log that was set back', size: 40, kind: 'regression' },
  { story: 'a log that is gone', size: 0, kind: 'regression' },
  { story: 'another history', size: 80, shown: log.forkAfter(20), kind: 'fork' },
  { story: 'another history of the same length', size: 50, shown: log.forkAfter(20), kind: 'fork' },
  { story: 'another key', size: 80, shown: memoryLog(log.trust.log), kind: 'fork' },
])('$story is an alarm, and what is there stays', async ({ size, shown, kind }) => {
  await copy(50)
  await expect(copy(size, shown)).rejects.toThrow(folder)
  expect(alarms).toEqual([kind])
  expect(await there()).toEqual([nameOf(50)])
})

test('a newest file that the log did not sign stops the copying: somebody was there', async () => {
  await copy(5)
  await writeFile(join(folder, log.trust.log, nameOf(9)), memoryLog().note(9))
  await expect(copy(20)).rejects.toThrow('is no checkpoint of this log')
  expect((await there()).sort()).toEqual([5, 9].map(nameOf))
})

const git = (at: string, ...args: string[]) =>
  execFileSync('git', ['-C', at, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

test('in a git repository each is a commit, on the remote as well; what could not be pushed is pushed later, and no hook runs', async () => {
  const remote = join(top, 'remote.git')
  execFileSync('git', ['init', '-q', '--bare', remote])
  git(folder, 'init', '-q')
  git(folder, 'remote', 'add', 'origin', remote)
  const hook = join(folder, '.git', 'hooks', 'pre-commit')
  await writeFile(hook, '#!/bin/sh\nexit 1\n')
  await chmod(hook, 0o755)
  await writeFile(join(folder, 'notes.txt'), 'somebody else’s')
  await copy(3)
  await copy(3)
  git(folder, 'remote', 'set-url', 'origin', join(top, 'nowhere.git'))
  await expect(copy(10)).rejects.toThrow('git can not keep a checkpoint')
  git(folder, 'remote', 'set-url', 'origin', remote)
  await copy(10)
  await copy(64)
  expect(git(remote, 'log', '--all', '--format=%s').split('\n')).toEqual(['Checkpoint 64', 'Checkpoint 10', 'Checkpoint 3'])
  const head = git(folder, 'rev-parse', 'HEAD')
  expect(git(remote, 'rev-parse', '--branches')).toBe(head)
  expect(git(remote, 'show', `${head}:${log.trust.log}/${nameOf(64)}`)).toBe(log.note(64).trim())
  expect(git(folder, 'status', '--porcelain')).toBe('?? notes.txt')
})

test('the list of sinks reads as it was written, and a damaged one is no list', async () => {
  expect(await readSinks(top)).toEqual([])
  const sinks: readonly Sink[] = [
    { folder },
    { webhook: 'https://hooks.example.org/a', secret: freshWebhookSecret() },
    { timestamp: 'https://tsa.example.org', certificates: 'PEM' },
    { bucket: 'https://s3.example.org/name', region: 'us-east-1', credentials: join(top, 'keys'), days: 1 },
  ]
  await writeSinks(top, sinks)
  expect(await readSinks(top)).toEqual(sinks)
  expect((await stat(join(top, 'sinks.json'))).mode & 0o077).toBe(0)
  await chmod(join(top, 'sinks.json'), 0o644)
  await expect(readSinks(top)).rejects.toThrow('can be read by others')
  for (const damaged of [
    '',
    '{',
    'null',
    '{"sinks":1}',
    '{"sinks":[{"folder":1}]}',
    '{"sinks":[{"folder":"../here"}]}',
    '{"sinks":[null]}',
    '{"sinks":[{"folder":"/a","webhook":"https://a.test"}]}',
    '{"sinks":[{"webhook":"file:///etc/passwd","secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}',
    '{"sinks":[{"webhook":"https://a.test","secret":"whsec_"}]}',
    '{"sinks":[{"bucket":"https://a.test/b","region":"r","credentials":"/k","days":0}]}',
  ]) {
    await writeFile(join(top, 'sinks.json'), damaged)
    await expect(readSinks(top), damaged).rejects.toThrow('is damaged')
  }
})
