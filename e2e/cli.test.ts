import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const top = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
const dataDir = join(top, 'data')
const FOUNDING = join(ROOT, 'policies/founding.yaml')

const countersign = (...words: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'dist/countersign.js'), ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', HOME: top, COUNTERSIGN_HOME: dataDir },
    timeout: 60_000,
  })

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(ROOT, 'build.mjs')], { stdio: 'inherit' }).status).toBe(0)
}, 120_000)

afterAll(() => rmSync(top, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(top, name), text)
  return join(top, name)
}

test.each([
  { typed: ['gatewy'], says: 'did you mean “countersign gateway”?' },
  { typed: ['polcy', 'publish', 'x.yaml'], says: 'did you mean “countersign policy publish”?' },
  { typed: ['policy'], says: 'needs one of: publish, list, show, rollback.' },
  { typed: ['sealed'], says: 'did you mean “countersign seal”?' },
  { typed: ['aprove', 'H-1'], says: 'did you mean “countersign approve”?' },
  { typed: ['approve'], says: 'Usage: countersign approve ID' },
  { typed: ['check', '--jsn', 'x'], says: 'did you mean --json?' },
  { typed: ['--gateway', '--upsteam', 'x'], says: 'did you mean --upstream?' },
  { typed: ['--gateway'], says: '--upstream takes the command of the MCP server' },
  { typed: ['gateway', '--upstream', 'x', '--hold-ms', 'soon'], says: '--hold-ms takes milliseconds' },
  { typed: ['gateway', '--upstream', 'x', '--list', 'short'], says: '--list takes one word: full.' },
  { typed: ['gateway', '--upstream'], says: 'Usage: countersign gateway --upstream' },
  { typed: ['gateway', '--upstream', "npx 'unclosed"], says: 'an unfinished quote' },
  { typed: ['doctor', '--data-dir='], says: '--data-dir takes a folder, and nothing was given.' },
  { typed: ['--gateway', '--upstream', 'x', '--data-dir', ''], says: '--data-dir takes a folder, and nothing was given.' },
  { typed: ['check'], says: 'Usage: countersign check POLICY.yaml' },
  { typed: ['check', '/nowhere.yaml'], says: 'There is no file /nowhere.yaml.' },
  { typed: ['up', '--port', '99999'], says: '--port takes a number from 1 to 65535.' },
  { typed: ['policy', 'rollback', '--to', '0'], says: '--to takes the number of a version' },
  { typed: ['\u001b]0;title\u0007', 'x'], says: 'There is no command' },
])('$typed is one sentence on stderr and exit 2', ({ typed, says }) => {
  const { stdout, stderr, status } = countersign(...typed)
  expect(stdout).toBe('')
  expect(stderr).toContain(says)
  expect(stderr).toMatch(/^countersign: [^\n]+\n$/)
  expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u)
  expect(status).toBe(2)
})

test.each([
  { typed: [], says: 'Start with these' },
  { typed: ['--help'], says: 'Start with these' },
  { typed: ['policy', '--help'], says: 'countersign policy rollback --to N' },
  { typed: ['gateway', '--help'], says: '--upstream COMMAND' },
  { typed: ['--gateway', '--help'], says: '--upstream COMMAND' },
  { typed: ['help', 'verify'], says: 'countersign verify [--quick | --deep]' },
])('$typed teaches', ({ typed, says }) => {
  const { stdout, status } = countersign(...typed)
  expect(stdout).toContain(says)
  expect(status).toBe(0)
})

describe('simulate', () => {
  test('says outcome, rule, reason, constraint, line and ms, and exits 0 when it was decided', () => {
    const { stdout, status } = countersign('simulate', FOUNDING, '--tool', 'read_file', '--args', '{"path":"/tmp/../etc/passwd"}', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'deny',
      rule: 'rule-1',
      reason: expect.stringContaining('/tmp/../etc/passwd'),
      constraint: 'allowedPaths',
      line: 4,
      ms: expect.any(Number),
    })
  })

  test('decides a file of calls line by line, by the same scanner as the gateway', () => {
    const calls = file(
      'calls.jsonl',
      [
        '{"tool": "read_file", "args": {"path": "/tmp/a"}}',
        '{"tool": "write_file", "args": {"path": "/tmp/a", "content": "x"}}',
        '{"tool": "read_file", "args": {"path": "/tmp/a", "path": "/etc/passwd"}}',
        'not json',
        '{"tool": "read_file", "argz": {}}',
        '{"method": "resources/read", "args": {"uri": "file:///etc/passwd"}}',
      ].join('\n'),
    )
    const { stdout, stderr, status } = countersign('simulate', FOUNDING, '--calls', calls, '--json')
    const outcomes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).outcome)
    expect(outcomes).toEqual(['allow', 'escalate', 'deny'])
    expect(stderr).toMatch(/call 3 can’t be read/)
    expect(stderr).toMatch(/call 4 can’t be read: the line is not JSON/)
    expect(stderr).toMatch(/call 5 can’t be read: it has an unknown member "argz"/)
    expect(status).toBe(2)
  })

  test('exits 1 for a bad policy and says where', () => {
    const bad = file('bad.yaml', 'version: "1"\ndefault: deny\nrules:\n  - tol: "x"\n    action: allow\n')
    const { stderr, status } = countersign('simulate', bad, '--tool', 'x')
    expect(stderr).toMatch(/bad\.yaml:4:\d+ error: .*tol/)
    expect(status).toBe(1)
  })

  test('can look at symbolic links of this machine', () => {
    const { stdout } = countersign('simulate', FOUNDING, '--tool', 'read_file', '--args', '{"path":"/tmp/a"}', '--cwd', '/', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ symlinksChecked: true })
  })
})

test('check exits 1 on a red test and names it', () => {
  const red = file(
    'red.yaml',
    'version: "1"\ndefault: deny\nrules: []\ntests:\n  - name: nothing gets through\n    call: { tool: x }\n    expect: allow\n',
  )
  const { stdout, status } = countersign('check', red)
  expect(stdout).toContain('expected allow, got deny')
  expect(stdout).toContain('0 of 1 tests pass')
  expect(status).toBe(1)
})

test.each([
  { typed: ['log'] },
  { typed: ['holds'] },
  { typed: ['holds', 'H-1'] },
  { typed: ['approve', 'H-1'] },
  { typed: ['deny', 'H-1'] },
  { typed: ['pins', 'list'] },
  { typed: ['policy', 'list'] },
])('$typed on a machine without a database says what makes one, and makes none', ({ typed }) => {
  const { stdout, stderr, status } = countersign(...typed)
  expect(stdout).toBe('')
  expect(stderr).toContain('There is no database in')
  expect(status).toBe(2)
})

test('verify on a machine without a database could not tell', () => {
  const { stderr, status } = countersign('verify')
  expect(stderr).toContain('could not tell')
  expect(status).toBe(2)
})

test('a database that is not ours is told apart from one that is away', () => {
  const away = spawnSync(process.execPath, [join(ROOT, 'dist/countersign.js'), 'log'], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH ?? '',
      NODE_ENV: 'production',
      HOME: top,
      COUNTERSIGN_DATABASE_URL: 'postgres://me:hidden-word@127.0.0.1:1/none',
    },
  })
  expect(away.stderr).toContain('can’t be reached')
  expect(away.stderr).not.toContain('hidden-word')
  expect(away.status).toBe(2)
})
