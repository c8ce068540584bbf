import { connect } from '../../db/connect'
import { identityOf, openKeys } from '../../db/keys'
import { openWriter } from '../../db/writer'

// One bare single-row commit beside one decision of ours, one caller each, interleaved. Prints JSON: medians in µs.
const [dataDir = '', gatewayUrl = '', superuserUrl = ''] = process.argv.slice(2)
const keys = await openKeys(dataDir)
const bare = connect(superuserUrl, { purpose: 'pool', application: 'bench', max: 1 })
await bare.unsafe('create table if not exists public.bench_commit (n bigint generated always as identity primary key, body text)')
const open = (keepClearText: boolean) => openWriter({ url: gatewayUrl, identity: identityOf(keys, 'gateway'), keepClearText })
const writers = { kept: await open(true), off: await open(false) }

const decision = {
  type: 'decision',
  call: 'c'.repeat(32),
  principal: { id: 'local:bench@host', assurance: 'asserted' },
  server: 'bench',
  session: 's'.repeat(32),
  method: 'tools/call',
  tool: 'echo',
  outcome: 'deny',
  rule: 'rule-1',
  constraint: null,
  code: 'rule',
  policy: { digest: 'd'.repeat(64), version: 1, epoch: 1 },
  guardrail: null,
  pin: null,
  sizeBytes: 120,
  facts: { now: 1_700_000_000_000, listed: true },
} as const
const append = (writer: (typeof writers)['kept']) => () =>
  writer.append({ ...decision, disclose: [{ name: 'arguments', bytes: Buffer.from('{"path":"/tmp/a.txt"}') }] })

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
async function block(work: () => PromiseLike<unknown>): Promise<number> {
  const times: number[] = []
  for (let at = 0; at < 300; at++) {
    const started = process.hrtime.bigint()
    await work()
    times.push(Number(process.hrtime.bigint() - started) / 1_000)
  }
  return median(times)
}

const works = {
  bare: () => bare`insert into public.bench_commit (body) values (${'x'.repeat(500)})`,
  kept: append(writers.kept),
  off: append(writers.off),
}
const rounds: Record<keyof typeof works, number[]> = { bare: [], kept: [], off: [] }
for (let round = 0; round < 8; round++)
  for (const name of ['bare', 'kept', 'off'] as const) {
    const took = await block(works[name])
    if (round > 0) rounds[name].push(took)
  }
process.stdout.write(`${JSON.stringify({ bare: median(rounds.bare), kept: median(rounds.kept), off: median(rounds.off) })}\n`)
await Promise.all([writers.kept.close(), writers.off.close()])
await bare.end({ timeout: 1 })
