// `npm run bench`: every number of the README, each beside its baseline from the same interleaved run. Parts by name: `npm run bench -- relay`.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from '../build.mjs'
import { benchActivity } from './activity.mjs'
import { benchApprovals } from './approvals.mjs'
import { benchBrowser } from './browser.mjs'
import { bundleEntries, ROOT } from './bundle.mjs'
import { benchEditor } from './editor.mjs'
import { benchEvaluate } from './evaluate.mjs'
import { benchExport } from './export.mjs'
import { measureRelays, measureSizes } from './relay.mjs'
import { benchSeal } from './seal.mjs'
import { measureStartup } from './startup.mjs'
import { benchVerify } from './verify.mjs'

const CLI = join(ROOT, 'dist', 'countersign.js')
const end = (name) => join(ROOT, 'bench', 'ends', name)
const say = (text = '') => process.stdout.write(`${text}\n`)
const ratio = (value) => value.toFixed(2)
const goal = (what, value, bound, meets) => say(`  ${meets ? '✓' : '✗'} ${what}: ${ratio(value)} (goal ${bound})`)
const atMost = (what, value, bound) => goal(what, value, `≤ ${bound}`, value <= bound)
const atLeast = (what, value, bound) => goal(what, value, `≥ ${bound}`, value >= bound)

const POLICY = `version: "1"\ndefault: deny\nrules:\n${Array.from({ length: 1_000 }, (_, n) => `  - tool: other_${n}\n    action: deny\n`).join('')}  - tool: echo\n    action: allow\n`

async function setUp() {
  await build({ console: false })
  const dir = mkdtempSync(join(tmpdir(), 'countersign-bench-home-'))
  const dataDir = join(dir, 'data')
  writeFileSync(join(dir, 'policy.yaml'), POLICY)
  execFileSync(process.execPath, [CLI, 'policy', 'publish', join(dir, 'policy.yaml'), '--data-dir', dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const bundle = await bundleEntries({
    'not-awaited': 'bench/ends/gateway-not-awaited.ts',
    follow: 'bench/ends/follow.ts',
    publish: 'bench/ends/publish.ts',
    commit: 'bench/ends/commit.ts',
    stages: 'bench/ends/stages.ts',
    stop: 'bench/ends/stop.ts',
    activity: 'bench/ends/activity.ts',
    approvals: 'bench/ends/approvals.ts',
    editor: 'bench/ends/editor.ts',
    verify: 'bench/ends/verify.ts',
    export: 'bench/ends/export.ts',
    fill: 'bench/ends/fill.ts',
    seal: 'bench/ends/seal.ts',
    'seal-lane': 'db/seal-lane.ts',
  })
  execFileSync('cp', ['-r', join(ROOT, 'db/migrations'), bundle.folder])
  const port = JSON.parse(readFileSync(join(dataDir, 'postgres/state.json'), 'utf8')).port
  const urlFor = (login) => {
    const password = readFileSync(join(dataDir, `postgres/${login}.password`), 'utf8').trim()
    return `postgres://${login === 'superuser' ? 'postgres' : `countersign_local_${login}`}:${password}@127.0.0.1:${port}/countersign`
  }
  return { dir, dataDir, bundle, urlFor }
}

const gateway = ({ dataDir }, name, upstream, ...more) => ({
  args: [CLI, '--gateway', '--data-dir', dataDir, '--name', name, '--upstream', `node ${upstream}`, ...more],
})
const notAwaited = ({ dataDir, bundle, urlFor }, upstream, where) => ({
  args: [bundle.file('not-awaited'), dataDir, urlFor('gateway'), POLICY, `node ${upstream}`, where],
})

function table(results) {
  say('  variant                p50 µs   p99 µs  calls/s@32  p50@32 µs  CPU µs/call @1  @32')
  for (const [name, r] of Object.entries(results)) {
    const cells = [
      r.p50.toFixed(0).padStart(8),
      r.p99.toFixed(0).padStart(8),
      r.perSecond.toFixed(0).padStart(11),
      r.p50Many.toFixed(0).padStart(10),
    ]
    say(`  ${name.padEnd(21)}${cells.join(' ')}${r.cpuSingle.toFixed(0).padStart(16)} ${r.cpuMany.toFixed(0).padStart(4)}`)
  }
}

async function relay(home) {
  const server = end('bare-server.mjs')
  say('stdio tool calls, bare endpoints')
  const results = await measureRelays({
    direct: { args: [server] },
    raw: { args: [end('raw-relay.mjs'), 'node', server] },
    'sdk proxy, no log': { args: [end('sdk-proxy.mjs'), 'node', server] },
    'gateway, log in memory': notAwaited(home, server, 'memory'),
    'gateway, log behind': notAwaited(home, server, 'behind'),
    gateway: gateway(home, 'bench-relay', server),
    'gateway, no clear text': gateway(home, 'bench-relay-off', server, '--clear-text', 'off'),
  })
  table(results)
  const {
    direct,
    raw,
    'sdk proxy, no log': sdk,
    'gateway, log in memory': loose,
    gateway: durable,
    'gateway, no clear text': off,
  } = results
  atMost('not awaited, 1 caller: added p50 ÷ raw pass-through', (loose.p50 - direct.p50) / (raw.p50 - direct.p50), 1.1)
  atMost('not awaited, 1 caller: added p50 ÷ SDK proxy', (loose.p50 - direct.p50) / (sdk.p50 - direct.p50), 0.35)
  atLeast('not awaited, 32 in flight: calls/s ÷ raw', loose.perSecond / raw.perSecond, 0.65)
  atLeast('durable, 32 in flight: calls/s ÷ SDK proxy that records nothing', durable.perSecond / sdk.perSecond, 1)
  atLeast('the same with clear text off', off.perSecond / sdk.perSecond, 1.4)
  return { loose, durable, off }
}

async function sdkEnds(home) {
  const server = end('sdk-server.mjs')
  say('stdio tool calls, SDK server at the end')
  table(
    await measureRelays({
      direct: { args: [server] },
      raw: { args: [end('raw-relay.mjs'), 'node', server] },
      'sdk proxy, no log': { args: [end('sdk-proxy.mjs'), 'node', server] },
      gateway: gateway(home, 'bench-sdk', server),
    }),
  )
}

async function sizes(home) {
  const server = end('bare-server.mjs')
  say('size of the result: µs per call, and × direct')
  const measured = await measureSizes(
    {
      direct: { args: [server] },
      raw: { args: [end('raw-relay.mjs'), 'node', server] },
      'sdk proxy': { args: [end('sdk-proxy.mjs'), 'node', server] },
      gateway: gateway(home, 'bench-sizes', server),
    },
    [1_000, 10_000, 100_000, 1_000_000, 8_000_000],
  )
  for (const [size, row] of Object.entries(measured))
    say(
      `  ${size.padStart(8)} B  ${Object.entries(row)
        .map(([name, us]) => `${name} ${us.toFixed(0)} (${ratio(us / row.direct)}×)`)
        .join('  ')}`,
    )
  const largest = measured[8_000_000]
  atMost('8 MB result ÷ direct, committed to', largest.gateway / largest.direct, 2.2)
}

const runEntry = async (home, name, ...args) => {
  const { stdout } = await promisify(execFile)(process.execPath, [home.bundle.file(name), home.dataDir, ...args], { maxBuffer: 1 << 20 })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

async function commit(home, relayed) {
  const { bare, kept, off } = await runEntry(home, 'commit', home.urlFor('gateway'), home.urlFor('superuser'))
  say(
    `one commit, one caller: bare insert ${bare.toFixed(0)} µs, a decision ${kept.toFixed(0)} µs (${ratio(kept / bare)}×), without clear text ${off.toFixed(0)} µs (${ratio(off / bare)}×)`,
  )
  if (relayed)
    atMost('durable, 1 caller: (p50 durable − p50 not awaited) ÷ one bare commit', (relayed.durable.p50 - relayed.loose.p50) / bare, 1.2)
}

async function stages(home) {
  const { stdout } = await promisify(execFile)(process.execPath, [home.bundle.file('stages'), POLICY])
  say('CPU of one call in the gateway, stage by stage')
  for (const [stage, us] of Object.entries(JSON.parse(stdout))) say(`  ${us.toFixed(1).padStart(6)} µs  ${stage}`)
}

async function publishing(home) {
  const {
    publish,
    commit: plain,
    both,
    both99,
  } = await runEntry(home, 'publish', home.urlFor('console'), home.urlFor('gateway'), home.urlFor('superuser'), home.bundle.file('follow'))
  say(`publish → enforced in another process: ${publish.toFixed(0)} µs; one plain commit ${plain.toFixed(0)} µs`)
  atMost('publish → enforced ÷ one commit', publish / plain, 2.2)
  say(`publish → enforced by two processes: p50 ${(both / 1_000).toFixed(1)} ms`)
  atMost('its p99, ms', both99 / 1_000, 100)
}

async function startup(home) {
  const server = end('bare-server.mjs')
  const {
    bare,
    direct,
    gateway: behind,
    ratio: added,
  } = await measureStartup({
    emptyScript: end('empty.mjs'),
    direct: [server],
    gateway: gateway(home, 'bench-startup', server).args,
  })
  say(`spawn → initialize answered: direct ${direct.toFixed(0)} ms, gateway ${behind.toFixed(0)} ms; an empty Node ${bare.toFixed(0)} ms`)
  atMost('(gateway − direct) ÷ empty Node', added, 1.05)
}

function verify({ dataDir }) {
  const started = process.hrtime.bigint()
  const out = execFileSync(process.execPath, [CLI, 'verify', '--json', '--data-dir', dataDir], { encoding: 'utf8' })
  const { verdict, entries } = JSON.parse(out)
  say(`verify: ${verdict}, ${entries} entries in ${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s`)
}

const wanted = new Set(process.argv.slice(2))
const want = (name) => wanted.size === 0 || wanted.has(name)
const home = await setUp()
try {
  say(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'cpu'}`)
  const relayed = want('relay') ? await relay(home) : null
  if (want('sdk')) await sdkEnds(home)
  if (want('sizes')) await sizes(home)
  if (want('stages')) await stages(home)
  if (want('commit')) await commit(home, relayed)
  if (want('publish')) await publishing(home)
  if (want('startup')) await startup(home)
  if (want('evaluate')) await benchEvaluate()
  if (want('seal')) await benchSeal(home.bundle.file('seal'), { ...home, say, atMost, atLeast })
  if (want('verify')) {
    verify(home)
    await benchVerify(home.bundle.file('verify'), { cli: CLI, say, atMost })
  }
  if (want('editor')) await benchEditor(home.bundle.file('editor'), { say, atMost })
  if (want('approvals')) await benchApprovals(home.bundle.file('approvals'), { cli: CLI, server: end('stamping-server.mjs'), say, atMost })
  if (want('export')) await benchExport(home.bundle.file('export'), { cli: CLI, say, atMost })
  if (want('browser')) await benchBrowser(home.bundle, { cli: CLI, say, atMost })
  if (want('activity')) await benchActivity(home.bundle.file('activity'), { say, atMost, atLeast })
} finally {
  await promisify(execFile)(process.execPath, [home.bundle.file('stop'), home.dataDir])
  home.bundle.remove()
  rmSync(home.dir, { recursive: true, force: true })
}
