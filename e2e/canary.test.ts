import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PathRow, pathRows } from '../core/policy/constraints/paths.rows'
import { freshDatabase } from '../db/testing'
import { fixture, type GatewayProcess, initialize, makePlace, type Place, startGateway } from './gateway'

/*
 * The server may read the whole machine: whatever keeps an agent out of the folder beside its own is the gateway.
 */
const FILESYSTEM = fileURLToPath(new URL('../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js', import.meta.url))
const CANARY = 'canary-7f3d0c52'

const ground = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-canary-')))
const root = join(ground, 'data')
const outside = join(ground, 'other')

function layGround(): void {
  mkdirSync(join(root, 'one', 'two', 'three'), { recursive: true })
  mkdirSync(outside)
  writeFileSync(join(outside, 'canary.txt'), CANARY)
  for (const file of ['a.txt', 'a', 'one/a.txt', 'one/two/three/a.txt', 'my file.txt']) writeFileSync(join(root, file), 'inside')
  symlinkSync(outside, join(root, 'link'))
  symlinkSync(join(outside, 'canary.txt'), join(root, 'link.txt'))
  symlinkSync(join(outside, 'nowhere'), join(root, 'dangling'))
}

const reads = (call: string, path: string): PathRow => ({ call, tool: 'read_text_file', args: { path }, expected: 'false' })

/** What only the disk can tell. */
const links: readonly PathRow[] = [
  reads('a link to a folder outside', join(root, 'link', 'canary.txt')),
  reads('a link to a file outside', join(root, 'link.txt')),
  reads('a climb over a link', `${root}/link/../other/canary.txt`),
  {
    call: 'a write through a link that dangles',
    tool: 'write_file',
    args: { path: join(root, 'dangling'), content: 'x' },
    expected: 'unknown',
  },
  { call: 'a listing through a link', tool: 'list_directory', args: { path: join(root, 'link') }, expected: 'false' },
]

const rows = [...pathRows({ root, outside }), ...links]

let place: Place
let guarded: GatewayProcess
let denying: GatewayProcess
let open: GatewayProcess

const start = async (policy: readonly string[]): Promise<GatewayProcess> => {
  const gateway = startGateway(place, { upstream: [process.execPath, FILESYSTEM, '/'], args: policy })
  await initialize(gateway)
  return gateway
}

const startBounded = (name: string, constraints: object): Promise<GatewayProcess> => {
  const policy = join(place.dir, `${name}.yaml`)
  writeFileSync(policy, JSON.stringify({ version: '1', default: 'deny', rules: [{ tool: '*', action: 'allow', constraints }] }))
  return start(['--policy-file', policy, '--name', name])
}

beforeAll(async () => {
  layGround()
  place = await makePlace(await freshDatabase())
  guarded = await startBounded('root-only', { allowedPaths: [root] })
  denying = await startBounded('anywhere-else', { deniedPaths: [outside] })
  open = await start(['--policy-file', fixture('allow-all.yaml')])
})

afterAll(async () => {
  await Promise.all([guarded?.stop(), denying?.stop(), open?.stop()])
  await place?.remove()
  rmSync(ground, { recursive: true, force: true })
})

/** Nothing of the other folder was read, and nothing in it changed. */
const expectUntouched = (lines: readonly string[]): void => {
  expect(lines.filter((line) => line.includes(CANARY))).toEqual([])
  expect(readdirSync(outside)).toEqual(['canary.txt'])
  expect(readFileSync(join(outside, 'canary.txt'), 'utf8')).toBe(CANARY)
}

describe('behind the gateway, the real server-filesystem', () => {
  test('would hand out the canary without a bound: these tests can fail', async () => {
    expect((await open.call('read_text_file', { path: join(outside, 'canary.txt') })).text).toContain(CANARY)
  })

  test.each(rows)('$tool, $call: $expected', async ({ tool, args, expected }) => {
    const before = guarded.lines.length
    const { refusal, text } = await guarded.call(tool, args)
    expectUntouched(guarded.lines.slice(before))
    if (expected === 'true') expect(refusal, text).toBeNull()
    else expect(refusal, text).toMatchObject({ decision: 'deny', rule: 'rule-1' })
  })

  test.each([
    ...rows,
    reads('a doubled slash in front', `/${join(outside, 'canary.txt')}`),
    reads('a doubled slash, and a climb', `//tmp/..${join(outside, 'canary.txt')}`),
    reads('a doubled slash in front of a link', `/${join(root, 'link', 'canary.txt')}`),
  ])('$tool, $call: not where reading is denied', async ({ tool, args }) => {
    const before = denying.lines.length
    await denying.call(tool, args)
    expectUntouched(denying.lines.slice(before))
  })
})
