import type {
  EvidenceErasure,
  EvidenceHold,
  EvidencePolicy,
  EvidenceVersion,
  EvidenceVote,
  EvidenceWriter,
} from '../core/audit/evidence-shape'
import { LANGUAGE_VERSION } from '../core/policy/document'
import type { Queries } from './connect'
import { erasureIn, toldErasure } from './erasures'
import { nameFromText } from './text'

/** The first entry of each of these writers and the last signature over what is sealed of it. */
export async function readWriterOpenings(
  sql: Queries,
  writers: readonly { readonly writer: string; readonly sealed: number }[],
): Promise<readonly EvidenceWriter[]> {
  const [names, marks] = [writers.map(({ writer }) => writer).join('\n'), writers.map(({ sealed }) => sealed).join('\n')]
  const rows = await sql<
    { writer: string; sealed: number; open: string | null; first: number | null; last: number | null; signature: string | null }[]
  >`
    select w.writer, w.sealed::float8 as sealed,
      (select body from countersign.entries o where o.writer = w.writer and o.seq = 1 limit 1) as open,
      b.batch_first::float8 as first, b.seq::float8 as last, encode(b.signature, 'hex') as signature
    from unnest(string_to_array(${names}, E'\n'), string_to_array(${marks}, E'\n')::bigint[]) with ordinality as w (writer, sealed, n)
    left join lateral (select batch_first, seq, signature from countersign.entries e
      where e.writer = w.writer and e.seq <= w.sealed and e.signature is not null order by e.seq desc limit 1) b on true
    order by w.n`
  return rows.map(({ writer, sealed, open, first, last, signature }) => ({
    writer,
    sealed,
    open,
    batch: first === null || last === null || signature === null ? null : { first, last, signature },
  }))
}

/** Policies by digest with every version that has it and who reviewed that text. Digests that nothing is known of are left out. */
export async function readPolicies(sql: Queries, digests: readonly string[]): Promise<readonly EvidencePolicy[]> {
  const rows = await sql<
    (Omit<EvidenceVersion, 'at' | 'reviews'> & { digest: string; document: string | null; at: Date; reviews: string })[]
  >`
    select v.digest, v.document, v.name, p.kind, v.version, v.yaml, v.yaml_sha256 as "yamlSha256", v.author, v.created_at as at,
      coalesce((select json_agg(json_build_object('reviewer', r.reviewer, 'verdict', r.verdict, 'at', r.cast_at) order by r.revision, r.vote)
        from countersign.drafts d join countersign.reviews r on r.draft = d.id and r.yaml_sha256 = v.yaml_sha256
        where d.name = v.name and d.published_as = v.version), '[]')::text as reviews
    from countersign.policy_versions v join countersign.policies p on p.name = v.name
    where v.digest = any(string_to_array(${digests.join(',')}, ',')) order by v.digest, v.name, v.version`
  const found = new Map<string, EvidencePolicy>()
  for (const { digest, document, at, reviews, ...version } of rows) {
    const told: EvidenceVersion = { ...version, at: at.toISOString(), reviews: JSON.parse(reviews) }
    const before = found.get(digest)
    found.set(digest, {
      digest,
      language: LANGUAGE_VERSION,
      document: before?.document ?? document,
      versions: [...(before?.versions ?? []), told],
    })
  }
  return [...found.values()]
}

/** The digests of every version of the policy with this name, and of the one with this digest. */
export async function digestsOfPolicy(sql: Queries, nameOrDigest: string): Promise<readonly string[]> {
  const rows = await sql<{ digest: string }[]>`
    select distinct digest from countersign.policy_versions where name = ${nameOrDigest} or digest = ${nameOrDigest} order by digest`
  return rows.map(({ digest }) => digest)
}

/** Holds by id with what was signed for and against them: no arguments, and nothing that anybody said. */
export async function readEvidenceHolds(sql: Queries, ids: readonly string[]): Promise<readonly EvidenceHold[]> {
  if (ids.length === 0) return []
  const list = ids.join(',')
  const holds = await sql<(Omit<EvidenceHold, 'votes' | 'openedAt' | 'endedAt'> & { openedAt: Date; endedAt: Date | null })[]>`
    select id as hold, call, state, server, tool, principal, opened_at as "openedAt", ended_at as "endedAt"
    from countersign.holds where id = any(string_to_array(${list}, ',')) order by opened_at, id`
  const votes = await sql<(EvidenceVote & { hold: string })[]>`
    select hold, voter, verdict, binding, displayed, writer, statement, encode(signature, 'hex') as signature, host, certificate
    from countersign.votes where hold = any(string_to_array(${list}, ',')) order by hold, cast_at, voter`
  const byHold = grouped(votes, ({ hold }) => hold)
  return holds.map(({ openedAt, endedAt, tool, ...hold }) => ({
    ...hold,
    tool: nameFromText(tool),
    openedAt: openedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    votes: (byHold.get(hold.hold) ?? []).map(({ hold: _of, ...vote }) => vote),
  }))
}

/** What is kept of the clear text behind these entries' commitments. Erased and never kept ones are absent, salt and all. */
export async function readClearText(
  sql: Queries,
  places: readonly { readonly writer: string; readonly seq: number }[],
): Promise<ReadonlyMap<string, readonly { readonly name: string; readonly salt: string; readonly content: string }[]>> {
  const [writers, seqs] = [places.map(({ writer }) => writer).join('\n'), places.map(({ seq }) => seq).join('\n')]
  const rows = await sql<{ writer: string; seq: number; name: string; salt: Buffer; content: Buffer }[]>`
    select d.writer, d.seq::float8 as seq, d.name, d.salt, d.content
    from unnest(string_to_array(${writers}, E'\n'), string_to_array(${seqs}, E'\n')::bigint[]) as p (writer, seq)
    join countersign.disclosures d on d.writer = p.writer and d.seq = p.seq
    where d.content is not null order by d.writer, d.seq, d.name`
  const kept = rows.map(({ writer, seq, name, salt, content }) => ({
    key: `${writer}/${seq}`,
    value: { name, salt: salt.toString('base64'), content: content.toString('base64') },
  }))
  return new Map([...grouped(kept, ({ key }) => key)].map(([key, values]) => [key, values.map(({ value }) => value)]))
}

/** How many values of these entries were erased, by the erasure that an entry of the log says took them; '' where none does. */
export async function readErased(
  sql: Queries,
  places: readonly { readonly writer: string; readonly seq: number }[],
): Promise<readonly { readonly erasure: string; readonly values: number }[]> {
  const [writers, seqs] = [places.map(({ writer }) => writer).join('\n'), places.map(({ seq }) => seq).join('\n')]
  return sql<{ erasure: string; values: number }[]>`
    select coalesce(x.id, '') as erasure, count(*)::float8 as values
    from unnest(string_to_array(${writers}, E'\n'), string_to_array(${seqs}, E'\n')::bigint[]) as p (writer, seq)
    join countersign.disclosures d on d.writer = p.writer and d.seq = p.seq
    join countersign.entries e on e.writer = d.writer and e.seq = d.seq
    left join lateral ${toldErasure(sql)} x on true
    where d.salt = '' group by 1`
}

/** The erasures that took something of what is exported, as the log tells of them, and where. */
export async function readErasures(sql: Queries, erased: { readonly [erasure: string]: number }): Promise<readonly EvidenceErasure[]> {
  const rows = await sql<{ told: string; writer: string; seq: number }[]>`
    select z.body as told, z.writer, z.seq::float8 as seq
    from unnest(string_to_array(${Object.keys(erased).join(',')}, ',')) as x (erasure)
    join countersign.erasures o on o.id = x.erasure
    join countersign.entries z on z.writer = o.writer and z.seq = o.seq and position('"erasure":"' || o.id || '"' in z.body) > 0
    order by o.ordered_at, o.id`
  return rows.flatMap(({ told, writer, seq }) => {
    const entry = erasureIn(told)
    return entry ? [{ ...entry, values: erased[entry.erasure] ?? 0, entry: { writer, seq } }] : []
  })
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
