import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopEmbedded } from '../db/embedded'

const ROOT = join(import.meta.dirname, '..')
const top = mkdtempSync(join(tmpdir(), 'countersign-evidence-cli-'))
const dataDir = join(top, 'data')

const run = (script: string, words: readonly string[], timeout = 60_000) =>
  spawnSync(process.execPath, [join(ROOT, 'dist', script), ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', HOME: top, COUNTERSIGN_HOME: dataDir },
    timeout,
  })
const countersign = (...words: string[]) => run('countersign.js', words)
const out = (name: string): string => join(top, name)

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(ROOT, 'build.mjs')], { stdio: 'inherit' }).status).toBe(0)
  expect(countersign('policy', 'publish', join(ROOT, 'policies/founding.yaml')).status).toBe(0)
}, 120_000)

afterAll(async () => {
  await stopEmbedded(dataDir)
  rmSync(top, { recursive: true, force: true })
})

test('before anything is sealed nothing leaves', () => {
  const { status, stderr } = countersign('export', '--out', out('early.zip'))
  expect(status).toBe(2)
  expect(stderr).toContain('Nothing of this log is sealed yet')
})

test('what leaves by the command line verifies by it, by the script beside it, and by nobody once it is another', () => {
  // A sealer that is stopped after a while, as somebody would with Ctrl-C.
  run('countersign.js', ['seal'], 10_000)
  const good = out('good.zip')
  expect(countersign('export', '--out', good)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('every entry in it was the one sealed'),
  })
  expect(countersign('verify', good)).toMatchObject({ status: 0, stdout: expect.stringContaining('Intact: ') })
  expect(run('verify-bundle.mjs', [good])).toMatchObject({ status: 0, stdout: expect.stringContaining('Intact: ') })
  const bytes = readFileSync(good)
  writeFileSync(out('cut.zip'), bytes.subarray(0, -1))
  expect(countersign('verify', out('cut.zip')).status).toBe(2)
  expect(run('verify-bundle.mjs', [out('cut.zip')]).status).toBe(2)
  bytes[60] = (bytes[60] ?? 0) ^ 1
  writeFileSync(out('changed.zip'), bytes)
  expect(countersign('verify', out('changed.zip')).status).toBe(1)
  expect(countersign('export', '--out', good).stderr).toContain('evidence is not overwritten')
}, 120_000)

test.each([
  { words: ['--from', 'yesterday'], says: '--from takes a day' },
  { words: ['--from', '2026-02-01', '--to', '2026-01-01'], says: '--from comes before --to' },
  { words: ['--outcome', 'maybe'], says: '--outcome takes one of' },
  { words: ['--policy', 'nobody-wrote-this'], says: 'There is no policy' },
  { words: ['--entry', '12'], says: '--entry takes WRITER:NUMBER' },
])('export $words says what is wrong', ({ words, says }) => {
  const { status, stderr } = countersign('export', '--out', out('never.zip'), ...words)
  expect(status).not.toBe(0)
  expect(stderr).toContain(says)
})

test('how long clear text stays is set, shown and refused in words; what is not there is not erased', () => {
  const set = countersign('retention', 'set', 'words=7', 'arguments.allow=forever', '--json')
  expect(set.stdout).toContain('{"class":"words","days":7,')
  expect(countersign('retention', 'set', 'words=0')).toMatchObject({ status: 2, stderr: expect.stringContaining('from 1 to 36500') })
  const erased = countersign('erase', '--call', 'ab'.repeat(16), '--because', 'request 17')
  expect(erased).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no such call.') })
}, 60_000)
