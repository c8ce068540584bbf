import type { Facet } from '../core/activity/question'
import { foldActivity } from './activity-fold'
import type { Sql } from './connect'
import { testDecision } from './testing-entries'

/** For tests: folds until nothing is left, and answers how many entries that were. */
export const foldAll = async (sql: Sql, limit?: number): Promise<number> => {
  for (let total = 0; ; ) {
    const done = await foldActivity(sql, limit)
    if (!done) throw new Error('somebody else folds')
    total += done.folded
    if (done.behind === 0) return total
  }
}

/** The same numbers every time. */
export function dice(seed: number) {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return { below: (n: number) => Math.floor(next() * n), of: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T }
}

/** For tests: an entry wherever and whenever somebody wants it. */
export type Stored = {
  readonly writer: string
  readonly seq: number
  readonly at: number
  readonly type: string
  readonly fields: { readonly [name: string]: unknown }
}

export const WRITERS = ['a', 'b', 'c'].map((letter) => letter.repeat(32))
export const EPOCH_MS = Date.UTC(2026, 0, 31, 23, 50)

/** What several processes might have written in an hour: equal times, clocks that go back, receipts in other chains and before their decisions. */
export function randomLog(seed: number, size: number): readonly Stored[] {
  const { below, of } = dice(seed)
  const heads = new Map(WRITERS.map((writer) => [writer, 0]))
  const decisions: Stored[] = []
  return Array.from({ length: size }, (_, n): Stored => {
    const writer = of(WRITERS)
    const seq = (heads.get(writer) ?? 0) + 1
    heads.set(writer, seq)
    const at = EPOCH_MS + (below(4) === 0 ? below(3_600_000) : Math.floor(n / 3) * 1_000)
    const decision = below(2) === 0 && decisions.length > 0 ? of(decisions) : null
    if (below(12) === 0) return { writer, seq, at, type: 'writer.heartbeat', fields: { type: 'writer.heartbeat', count: seq } }
    if (decision) {
      const status = of(['done', 'failed', 'input_required', 'unknown'])
      const fields = {
        type: 'receipt',
        call: decision.fields.call,
        status,
        decision: { writer: decision.writer, seq: decision.seq },
        durationMs: below(100),
      }
      return { writer, seq, at, type: 'receipt', fields }
    }
    const made: Stored = { writer, seq, at, type: 'decision', fields: randomDecision(of, n) }
    decisions.push(made)
    return made
  })
}

const randomDecision = (of: <T>(items: readonly T[]) => T, n: number) =>
  testDecision({
    call: n.toString(16).padStart(32, '0'),
    outcome: of(['allow', 'allow', 'deny', 'escalate']),
    server: of(['files', 'web']),
    tool: of(['read_file', 'write_file', 'ta\u202eg', 'x'.repeat(256), null]),
    principal: { id: of(['ann', 'bob', '<b>']), assurance: 'asserted' },
    rule: of(['rule-1', 'rule-2', 'guardrail/g', null]),
    code: of(['rule', 'default', 'rate_limited']),
    session: of([null, 's'.repeat(32)]),
    policy: of([
      { digest: 'a'.repeat(64), version: 1, epoch: 1 },
      { digest: 'b'.repeat(64), version: 2, epoch: 2 },
    ]),
  })

/** Straight into the table, as no writer could: only so can the clock be chosen. */
export async function store(owner: Sql, rows: readonly Stored[]): Promise<void> {
  const values = rows.map(({ writer, seq, at, type, fields }) => {
    const { outcome, status, principal, call, server, tool } = fields as { [name: string]: unknown }
    return {
      writer,
      seq,
      at: new Date(at).toISOString(),
      type,
      call,
      outcome: outcome ?? status,
      server,
      tool,
      principal: (principal as { id: string } | undefined)?.id,
      body: JSON.stringify(fields),
    }
  })
  await owner`insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body)
    select * from jsonb_to_recordset(${JSON.stringify(values)}::text::jsonb)
      as r (writer text, seq bigint, at timestamptz, type text, call text, outcome text, server text, tool text, principal text, body text)`
  await owner`insert into countersign.writers as w (id, role, token_hash, head_seq)
    select writer, 'gateway', sha256('x'), max(seq) from countersign.entries where writer in (${WRITERS[0] ?? ''}, ${WRITERS[1] ?? ''}, ${WRITERS[2] ?? ''}) group by writer
    on conflict (id) do update set head_seq = excluded.head_seq`
}

/** Nothing is rewritten in earnest; a test starts over as the owner of the machine can. */
export async function clear(owner: Sql): Promise<void> {
  await owner.unsafe(`
    do $$ declare name text; begin
      for name in select relname from pg_class where relnamespace = 'countersign'::regnamespace and (relname like 'entries%' or relname = 'writers') and relkind in ('r', 'p') loop
        execute format('alter table countersign.%I disable trigger user', name);
      end loop;
    end $$;
    truncate countersign.entries, countersign.writers, countersign.activity, countersign.activity_names, countersign.activity_marks,
      countersign.activity_early, countersign.tallies`)
}

export type Expected = { readonly key: string; readonly at: number; readonly names: { readonly [facet in Facet]: string } }

/** What the explorer must know, the long way round. */
export function oracle(log: readonly Stored[]): readonly Expected[] {
  return log
    .filter(({ type }) => type === 'decision')
    .map(({ writer, seq, at, fields }) => {
      const receipts = log.filter(({ type, fields: { decision } }) => {
        const ref = decision as { writer: string; seq: number } | undefined
        return type === 'receipt' && ref?.writer === writer && ref.seq === seq
      })
      const last = receipts.filter(({ fields: { status } }) => status !== 'input_required').sort((a, b) => b.at - a.at)
      const best = last.filter((each) => each.at === last[0]?.at).map(({ fields: { status } }) => String(status))
      const text = (name: string) => String(fields[name] ?? '')
      const policy = fields.policy as { digest: string; version: number }
      const status = best.length > 0 ? best.join('|') : receipts.length > 0 ? 'input_required' : text('outcome') === 'deny' ? '' : 'open'
      const names = {
        ...{ outcome: text('outcome'), server: text('server'), tool: text('tool'), principal: (fields.principal as { id: string }).id },
        ...{
          rule: text('rule'),
          digest: policy.digest,
          code: text('code'),
          session: text('session'),
          version: String(policy.version),
          status,
        },
      }
      return { key: `${writer}:${seq}`, at, names }
    })
}
