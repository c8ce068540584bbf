import type { EvidenceScope } from '../core/audit/evidence'
import type { ExportFields } from '../core/audit/export-fields'
import type { Queries } from './connect'
import { fieldsFrom } from './decisions'
import { digestsOfPolicy } from './evidence-papers'

/** An export as the log tells of it. Everything in it may be hostile. */
export type ExportTold = { readonly writer: string; readonly seq: number; readonly at: Date; readonly fields: Partial<ExportFields> }

/** The newest first. */
export async function listExports(sql: Queries, limit: number): Promise<readonly ExportTold[]> {
  const rows = await sql<{ writer: string; seq: number; at: Date; body: string }[]>`
    select writer, seq::float8 as seq, recorded_at as at, body from countersign.entries
    where type = 'export' order by recorded_at desc, writer, seq desc limit ${limit}`
  return rows.map(({ body, ...place }) => ({ ...place, fields: fieldsFrom(body) as Partial<ExportFields> }))
}

/** How many calls an export would hold; `isMore` where there are more than were counted, and `calls` is null where that took too long. */
export type Estimate = { readonly calls: number | null; readonly isMore: boolean; readonly sealed: number; readonly unsealed: number }

const COUNTED = 50_000

/** Calls by their decisions, as far as they fit and were recorded in the period; and how much of the log is sealed. */
export async function estimateExport(sql: Queries, asked: Omit<EvidenceScope, 'policies' | 'clearText'>): Promise<Estimate> {
  const [row] = await sql<{ sealed: number; unsealed: number }[]>`
    select coalesce((select max(size) from countersign.checkpoints), 0)::float8 as sealed,
      (coalesce((select sum(head_seq) from countersign.writers), 0) - coalesce((select max(size) from countersign.checkpoints), 0))::float8 as unsealed`
  const { sealed = 0, unsealed = 0 } = row ?? {}
  const counted = await countCalls(sql, asked).catch((error: unknown) => {
    // 57014: longer than a page may take. A number is not worth the page.
    if (error instanceof Error && 'code' in error && error.code === '57014') return null
    throw error
  })
  return {
    calls: counted === null ? null : Math.min(counted, COUNTED),
    isMore: (counted ?? 0) > COUNTED,
    sealed,
    unsealed: Math.max(0, unsealed),
  }
}

async function countCalls(
  sql: Queries,
  { from, to, server, agent, policy, outcome }: Omit<EvidenceScope, 'policies' | 'clearText'>,
): Promise<number> {
  const digests = policy === null ? [] : await digestsOfPolicy(sql, policy)
  const [row] = await sql<{ count: number }[]>`
    select count(*)::float8 as count from (
      select from countersign.entries d where d.type = 'decision'
        and d.recorded_at >= coalesce(${from}::text::timestamptz, '-infinity') and d.recorded_at < coalesce(${to}::text::timestamptz, 'infinity')
        and (${server}::text is null or d.server = ${server}) and (${agent}::text is null or d.principal = ${agent})
        and (${outcome}::text is null or d.outcome = ${outcome})
        and (${policy === null} or substring(d.body from '"policy":[{]"digest":"([0-9a-f]{64})"') = any(string_to_array(${digests.join(',')}, ',')))
      limit ${COUNTED + 1}) found`
  return row?.count ?? 0
}
