import { spawnSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../core/json'
import { evaluate } from '../core/policy/evaluate'
import { loadPolicy } from '../core/policy/load'
import type { Decision } from '../core/policy/model'
import { simulatedFacts } from '../core/policy/recorded-facts'
import { readSample, type Sample } from '../core/policy/sample'
import { connect } from '../db/connect'
import { recordedCalls } from '../db/recorded-calls'
import { freshDatabase } from '../db/testing'
import { CLI, fixture, initialize, makePlace, type Place, publish, startGateway } from './gateway'

let place: Place
let policy = ''
let calls: readonly Sample[] = []
let hidden: readonly Sample[] = []

/** Everything that a fact can decide: links, spent rates, sessions, annotations, numbers that no double holds. */
const policyFor = (root: string) => `version: "1"
default: deny
rules:
  - id: read
    tool: [read_file, "list_*"]
    action: allow
    constraints: { allowedPaths: ["${root}"] }
  - id: rated
    tool: rated
    action: allow
    constraints: { rateLimit: { calls: 2, per: 1h } }
  - id: late
    tool: late
    when: { session.calls: { gt: 3 } }
    action: deny
    reason: This session did enough
  - id: hinted
    tool: [late, hinted]
    when: { annotations.readOnlyHint: true }
    action: allow
  - id: counted
    tool: counted
    action: allow
    constraints: { numberRange: { n: { min: 1, max: 10 } } }
  - id: named
    tool: named
    action: allow
    constraints: { noUnknownArguments: true }
  - id: asked
    tool: asked
    action: escalate
    reason: A person decides
`

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  const root = join(place.dir, 'data')
  await mkdir(root)
  await writeFile(join(root, 'a'), 'text')
  await symlink('/etc', join(root, 'out'))
  policy = policyFor(root)
  await publish(place, policy)
  const tool = (name: string, annotations = {}) => ({ name, inputSchema: { type: 'object', properties: { path: {}, n: {} } }, annotations })
  const names = ['read_file', 'list_files', 'rated', 'late', 'counted', 'named', 'asked', 'nobody_named']
  await writeFile(
    join(place.dir, 'tools.json'),
    JSON.stringify([...names.map((name) => tool(name)), tool('hinted', { readOnlyHint: true })]),
  )
  const upstream = [process.execPath, fixture('shifting.mjs'), join(place.dir, 'tools.json')]
  const gateway = startGateway(place, { upstream, args: ['--name', 'files', '--hold-ms', '1'] })
  await initialize(gateway)
  await gateway.request('tools/list')
  await gateway.call('read_file', { path: join(root, 'a') })
  await gateway.call('read_file', { path: join(root, 'out/passwd') })
  await gateway.call('list_files', { path: `${root}/../data` })
  for (let n = 0; n < 3; n++) await gateway.call('rated', { n })
  await gateway.call('late', {})
  await gateway.call('hinted', {})
  for (const n of [5, 11, 'ten']) await gateway.call('counted', { n })
  const exact = '{"jsonrpc":"2.0","id":"exact","method":"tools/call","params":{"name":"counted","arguments":{"n":9007199254740993}}}'
  gateway.send(exact)
  await gateway.call('named', { path: 'x' })
  await gateway.call('named', { other: '\u202E</script>' })
  await gateway.call('asked', { path: 'x' })
  await gateway.call('nobody_named', {})
  await gateway.call('Rеad_file', { path: join(root, 'a') })
  await gateway.stop()
  const sql = connect(place.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 2 })
  calls = await recordedCalls(sql, { limit: 200, reveal: true })
  hidden = await recordedCalls(sql, { limit: 200, reveal: false })
  await sql.end()
}, 60_000)

afterAll(() => place.remove())

type Brief = Pick<Decision, 'outcome' | 'code' | 'reason' | 'constraint'> & { readonly rule: string | null }

const bytesOf = ({ outcome, code, reason, constraint, rule }: Brief): string =>
  canonicalJson({ outcome, code, reason, constraint, rule } as unknown as Json)

const briefOf = ({ rule, ...decision }: Decision): Brief => ({ ...decision, rule: rule?.id ?? null })

/** The gateway's own function, on the recorded facts. */
function byGateway(sample: Sample): string {
  const { policy: compiled } = loadPolicy(policy)
  const reading = readSample(sample)
  if (!compiled || !sample.facts || 'because' in reading) throw new Error('this call can’t be judged again')
  const { facts, supposed } = simulatedFacts({ policy: compiled, guardrail: null }, reading.envelope, sample.facts)
  expect(supposed).toEqual([])
  return bytesOf(briefOf(evaluate({ policy: compiled, guardrail: null }, reading.envelope, facts)))
}

/** The same calls as lines of `countersign simulate --calls`. */
async function byCommandLine(): Promise<readonly string[]> {
  const line = ({ tool, server, principal, session, args, facts }: Sample) => {
    const known = { tool, server, principal: principal.id, facts, ...(session === null ? {} : { session }) }
    return `${JSON.stringify(known).slice(0, -1)},"args":${args}}`
  }
  await writeFile(join(place.dir, 'again.yaml'), policy)
  await writeFile(join(place.dir, 'calls.jsonl'), calls.map(line).join('\n'))
  const words = [CLI, 'simulate', join(place.dir, 'again.yaml'), '--calls', join(place.dir, 'calls.jsonl'), '--json']
  const { stdout, status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
    .trim()
    .split('\n')
    .map((text) => bytesOf(JSON.parse(text)))
}

type Row = { readonly id: string }
type Story = { readonly after: Decision | null }
type Engine = {
  open(settings: object): void
  samples(list: readonly Sample[]): void
  run(text: string, whole: boolean): { readonly rows: readonly Row[] | null }
  story(id: string): Story
}

/** The engine that the browser's worker runs, bundled as it is there. */
async function byWorker(): Promise<readonly string[]> {
  const bundle = await rolldown({
    input: join(import.meta.dirname, '../components/editor/engine.ts'),
    platform: 'browser',
    logLevel: 'silent',
  })
  const file = join(place.dir, 'engine.mjs')
  await bundle.write({ file, format: 'esm', codeSplitting: false })
  await bundle.close()
  const { makeEngine } = (await import(pathToFileURL(file).href)) as { makeEngine: (now: () => number) => Engine }
  const engine = makeEngine(() => 0)
  engine.open({ kind: 'policy', inForce: policy, guardrail: null, servers: [], seen: [], principals: [], hits: null, nowMs: 0 })
  engine.samples(calls)
  const { rows } = engine.run(policy, false)
  expect(calls.every(({ id }) => rows?.some((row) => row.id === id))).toBe(true)
  return calls.map(({ id }) => {
    const { after } = engine.story(id)
    return after ? bytesOf(briefOf(after)) : 'nothing'
  })
}

test('recorded calls with their recorded facts are decided alike, byte for byte, by gateway, command line and browser', async () => {
  const again = calls.map(byGateway)
  expect(await byCommandLine()).toEqual(again)
  expect(await byWorker()).toEqual(again)
})

test('and as they were decided then, for every kind of fact that can decide', () => {
  const then = calls.map(({ tool, recorded }) => `${tool} ${recorded?.outcome} ${recorded?.rule}`)
  expect(calls.map((call) => JSON.parse(byGateway(call))).map(({ outcome, rule }, at) => `${calls[at]?.tool} ${outcome} ${rule}`)).toEqual(
    then,
  )
  expect(then).toEqual(
    expect.arrayContaining([
      'read_file allow read',
      'read_file deny read',
      'rated allow rated',
      'rated deny rated',
      'late deny late',
      'hinted allow hinted',
      'counted allow counted',
      'counted deny counted',
      'named allow named',
      'named deny named',
      'asked escalate asked',
      'nobody_named deny null',
    ]),
  )
})

test('without the right to see arguments the same calls are listed, and nothing of what they said', () => {
  expect(hidden.map(({ id }) => id)).toEqual(calls.map(({ id }) => id))
  expect(hidden.every(({ args, facts }) => args === null && facts === null)).toBe(true)
  expect(JSON.stringify(hidden)).not.toContain('passwd')
})
