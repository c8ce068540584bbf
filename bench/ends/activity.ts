import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Question, Range } from '../../core/activity/question'
import { listActivity } from '../../db/activity'
import { readCall } from '../../db/activity-call'
import { foldActivity } from '../../db/activity-fold'
import { listMet, tallyCalls } from '../../db/activity-tallies'
import { CONNECTIONS, connect } from '../../db/connect'
import { startEmbedded, stopEmbedded } from '../../db/embedded'
import { testDecision } from '../../db/testing-entries'
import { testIdentity } from '../../db/testing-identity'
import { openWriter, type Writer } from '../../db/writer'

// The explorer over many decisions, on a database of its own. Prints JSON on its last line; times in ms but where a name says µs.
const DECISIONS = Number(process.argv[2] ?? 1_000_000)
const WRITERS = 4
const RUNS = 30

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-activity-'))
const database = await startEmbedded({ dataDir })
const superuser = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'bench' })
const folder = connect(database.urlFor('console'), { purpose: 'bulk', application: 'bench' })
const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'bench', max: CONNECTIONS.consolePool })

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const started = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - started) / 1e6
}

/** A week of calls by four gateways: forty tools on five servers, twelve principals, a policy version every tenth of the time, few calls that ended badly. */
async function generate(): Promise<void> {
  await superuser.unsafe(`insert into countersign.writers (id, role, token_hash)
    select lpad(to_hex(n), 32, '0'), 'gateway', sha256('x') from generate_series(1, ${WRITERS}) n`)
  const each = 50_000
  for (let from = 0; from < DECISIONS; from += each)
    await superuser.unsafe(`
      insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body)
      select w, s, at, 'decision', c, o, sv, t, p, '{"at":"2026-11-01T00:00:00.000Z","call":"' || c || '","code":"' || k || '","commitments":{"arguments":"' || h || '"},"constraint":null,"facts":{"listed":true,"now":1700000000000},"guardrail":null,"log":"' || md5('l') || '","method":"tools/call","outcome":"' || o || '","pin":null,"policy":{"digest":"' || d || '","epoch":1,"version":' || v || '},"prev":"' || h || '","principal":{"assurance":"asserted","id":"' || p || '"},"rule":"' || r || '","seq":' || s || ',"server":"' || sv || '","session":"' || se || '","sizeBytes":120,"tool":"' || t || '","type":"decision","v":1,"writer":"' || w || '"}'
      from (select lpad(to_hex(1 + n % ${WRITERS}), 32, '0') as w, (n / ${WRITERS}) * 2 + 1 as s, md5(n::text) as c, repeat(md5((n + 1)::text), 2) as h,
          now() - interval '7 days' + n * (interval '7 days' / ${DECISIONS}) as at, 'server-' || (i % 5) as sv, 'tool_' || i as t, 'local:agent-' || j as p, 'rule-' || (i % 25) as r,
          case when n % 5003 = 0 then 'engine_error' when i % 7 = 0 then 'constraint_violated' else 'rule' end as k, case when i % 7 = 0 then 'deny' when i % 11 = 0 then 'escalate' else 'allow' end as o,
          md5((n / 1000)::text) as se, 1 + n * 10 / ${DECISIONS} as v, repeat(md5((n * 10 / ${DECISIONS})::text), 2) as d
        from (select n, floor(40 * power(random(), 2))::int as i, floor(12 * power(random(), 2))::int as j from generate_series(${from}, ${Math.min(DECISIONS, from + each) - 1}) n) x) y;
      insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, body)
      select w, s, at, case when o is null then 'writer.heartbeat' else 'receipt' end, case when o is null then null else c end, o,
        case when o is null then '{}' else '{"call":"' || c || '","code":null,"commitments":{"result":"' || h || '"},"decision":{"seq":' || s - 1 || ',"writer":"' || w || '"},"durationMs":12,"log":"' || md5('l') || '","prev":"' || h || '","seq":' || s || ',"sizeBytes":300,"startedAt":"2026-11-01T00:00:00.000Z","status":"' || o || '","type":"receipt","v":1,"writer":"' || w || '"}' end
      from (select lpad(to_hex(1 + n % ${WRITERS}), 32, '0') as w, (n / ${WRITERS}) * 2 + 2 as s, md5(n::text) as c, repeat(md5((n + 1)::text), 2) as h,
          now() - interval '7 days' + n * (interval '7 days' / ${DECISIONS}) + interval '30 ms' as at,
          case when n % 10001 = 0 then 'unknown' when n % 50 = 0 then 'failed' when n % 10 < 7 then 'done' end as o from generate_series(${from}, ${Math.min(DECISIONS, from + each) - 1}) n) x`)
  await superuser.unsafe(`update countersign.writers w set head_seq = (select max(seq) from countersign.entries where writer = w.id)`)
}

async function foldAll(): Promise<{ entries: number; usPerEntry: number }> {
  let entries = 0
  const started = process.hrtime.bigint()
  for (;;) {
    const done = await foldActivity(folder, 4_000)
    entries += done?.folded ?? 0
    if (done?.behind === 0) break
  }
  return { entries, usPerEntry: Number(process.hrtime.bigint() - started) / 1e3 / entries }
}

const ALL: Range = { is: 'between', from: null, to: null }
const ask = (facets: Question['facets'], range: Range = ALL): Question => ({ range, facets, call: null })
const at = (day: number): string => new Date(Date.now() - day * 86_400_000).toISOString()
const QUESTIONS: { readonly [what: string]: Question } = {
  'no filter': ask({}),
  'last hour': ask({}, { is: 'last', word: '1h' }),
  denied: ask({ outcome: ['deny'] }),
  'denied or held': ask({ outcome: ['deny', 'escalate'] }),
  'common tool': ask({ tool: ['tool_1'] }),
  'rare tool': ask({ tool: ['tool_39'] }),
  'tool that was never met': ask({ tool: ['nothing'] }),
  server: ask({ server: ['server-3'] }),
  principal: ask({ principal: ['local:agent-11'] }),
  rule: ask({ rule: ['rule-24'] }),
  'rare code': ask({ code: ['engine_error'] }),
  'status unknown': ask({ status: ['unknown'] }),
  'status failed': ask({ status: ['failed'] }),
  'status open': ask({ status: ['open'] }),
  'oldest version': ask({ version: ['1'] }),
  'old session': ask({ session: ['c4ca4238a0b923820dcc509a6f75849b'] }),
  'five filters': ask({ outcome: ['deny'], server: ['server-0'], tool: ['tool_35'], principal: ['local:agent-11'], status: ['done'] }),
  'filters that exclude each other': ask({ outcome: ['deny'], tool: ['tool_1'] }),
  'half of all, and all of it old': ask(
    { version: ['1', '2', '3', '4', '5'], outcome: ['allow'] },
    { is: 'between', from: null, to: null },
  ),
  'old and rare, in a range that is new': ask({ version: ['1'], code: ['engine_error'] }, { is: 'between', from: at(3), to: null }),
  'common and never together': ask({ tool: ['tool_0'], rule: ['rule-1'] }),
  'a day in the middle, two tools': ask({ tool: ['tool_20', 'tool_39'] }, { is: 'between', from: at(4), to: at(3) }),
}

async function pages() {
  const all: number[] = []
  const by: { [what: string]: { p50: number; p95: number; rows: number } } = {}
  for (const [what, question] of Object.entries(QUESTIONS)) {
    const times: number[] = []
    let rows = 0
    for (let run = 0; run < RUNS; run++)
      times.push(
        await timed(async () => {
          rows = (await listActivity(sql, question, null, 50)).rows.length
        }),
      )
    all.push(...times)
    by[what] = { p50: quantile(times, 0.5), p95: quantile(times, 0.95), rows }
  }
  const middle = await listActivity(sql, ask({}, { is: 'between', from: null, to: at(3.5) }), null, 50)
  const deep: number[] = []
  for (let run = 0; run < RUNS; run++) deep.push(await timed(() => listActivity(sql, ask({ tool: ['tool_20'] }), middle.older, 50)))
  return { by, p95: quantile(all, 0.95), max: Math.max(...all), deepP95: quantile(deep, 0.95) }
}

async function around() {
  const over = async (work: () => PromiseLike<unknown>) => {
    const times: number[] = []
    for (let run = 0; run < RUNS; run++) times.push(await timed(work))
    return quantile(times, 0.95)
  }
  const [row] = (await listActivity(sql, ask({}), null, 1)).rows
  return {
    'calls by outcome, 7 days': await over(() => tallyCalls(sql, ask({}, { is: 'last', word: '7d' }), 'outcome')),
    'calls by tool, all time': await over(() => tallyCalls(sql, ask({}), 'tool')),
    'calls by principal of one tool, 24 h': await over(() =>
      tallyCalls(sql, ask({ tool: ['tool_1'] }, { is: 'last', word: '24h' }), 'principal'),
    ),
    'names to filter by': await over(() =>
      listMet(sql, ['outcome', 'server', 'tool', 'principal', 'rule', 'digest', 'code', 'status'], 200),
    ),
    'one call, all its entries': await over(() => readCall(sql, row?.call ?? '')),
  }
}

/** 32 callers at once for two seconds; what is in the log meanwhile is not asked for. */
async function intake(writer: Writer): Promise<number> {
  const until = process.hrtime.bigint() + 2_000_000_000n
  let appended = 0
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (process.hrtime.bigint() < until) {
        await writer.append({
          ...testDecision({ outcome: 'deny' }),
          disclose: [{ name: 'arguments', bytes: Buffer.from('{"path":"/tmp/a"}') }],
        })
        appended += 1
      }
    }),
  )
  return appended / 2
}

const INDEXED = ['tool', 'server', 'principal', 'outcome'] as const

/** Interleaved, because the machine is another one every minute: nothing beside it, folded every second, and with the indexes on `entries` that folding saves. */
async function intakes() {
  const { identity } = testIdentity((await superuser<{ id: string }[]>`select id from countersign.log`)[0]?.id)
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const rounds: { alone: number[]; folded: number[]; indexed: number[] } = { alone: [], folded: [], indexed: [] }
  await intake(writer)
  for (let round = 0; round < 5; round++) {
    rounds.alone.push(await intake(writer))
    await foldAll()
    const timer = setInterval(() => void foldActivity(folder, 4_000), 1_000)
    rounds.folded.push(await intake(writer))
    clearInterval(timer)
    for (const column of INDEXED)
      await superuser.unsafe(`create index bench_${column} on countersign.entries (${column}, recorded_at) where type = 'decision'`)
    rounds.indexed.push(await intake(writer))
    for (const column of INDEXED) await superuser.unsafe(`drop index countersign.bench_${column}`)
  }
  await writer.close()
  const median = (values: readonly number[]) => quantile(values, 0.5)
  return { alone: median(rounds.alone), folded: median(rounds.folded), indexed: median(rounds.indexed) }
}

const sizes = async () => {
  const rows = await superuser.unsafe<{ name: string; mb: number }[]>(`
    select case when relname like 'entries%' then 'entries' when relname like 'tallies%' then 'tallies' when relname like 'activity%' then 'activity' end as name,
      round(sum(pg_relation_size(oid)) / 1e6)::int as mb
    from pg_class where relnamespace = 'countersign'::regnamespace and relkind in ('r', 'i') and relname ~ '^(entries|tallies|activity)' group by 1 order by 1`)
  return Object.fromEntries(rows.map(({ name, mb }) => [name, mb]))
}

try {
  const generated = await timed(generate)
  const fold = await foldAll()
  await superuser.unsafe('vacuum analyze countersign.activity, countersign.activity_names, countersign.tallies, countersign.entries')
  const result = {
    decisions: DECISIONS,
    generated,
    fold,
    pages: await pages(),
    around: await around(),
    sizes: await sizes(),
    intake: await intakes(),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  await Promise.all([superuser.end(), sql.end(), folder.end()])
  await stopEmbedded(dataDir)
  rmSync(dataDir, { recursive: true, force: true })
}
