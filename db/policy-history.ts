import type { Queries } from './connect'
import type { PolicyKind } from './policies'
import type { Who } from './policy-list'

/** One version as its policy's page tells of it. */
export type VersionTold = {
  readonly version: number
  readonly kind: PolicyKind
  readonly digest: string
  readonly textDigest: string
  readonly message: string
  readonly at: Date
  readonly author: Who
  /** Who put it in force first; null where that can't be found. */
  readonly publishedBy: Who | null
  /** Who approved this very text before it was published. */
  readonly approvedBy: readonly Who[]
  /** The earliest version with the same text, where this is not the first with it. */
  readonly sameAs: number | null
}

type Row = Omit<VersionTold, 'author' | 'publishedBy' | 'approvedBy'> & {
  readonly author: string
  readonly authorName: string | null
  readonly publisher: string | null
  readonly publisherName: string | null
  readonly approvals: string | null
}

/** Versions below `before` (all, when null), the newest first. */
export async function listHistory(sql: Queries, name: string, before: number | null, limit: number): Promise<readonly VersionTold[]> {
  const rows = await sql<Row[]>`
    with shown as (select * from countersign.policy_versions
        where name = ${name} and (${before}::integer is null or version < ${before}) order by version desc limit ${limit}),
      published as (
        select distinct on (version) version, published_by from (
          select epoch, published_by, coalesce(contents -> 'policies' ->> ${name},
            case when contents -> 'guardrail' ->> 'name' = ${name} then contents -> 'guardrail' ->> 'version' end)::int as version
          from countersign.publications) p
        where version in (select version from shown) order by version, epoch)
    select v.version, p.kind, v.digest, v.yaml_sha256 as "textDigest", v.message, v.created_at as at, v.author, a.name as "authorName",
      o.published_by as publisher, b.name as "publisherName",
      (select min(e.version) from countersign.policy_versions e
        where e.name = v.name and e.yaml_sha256 = v.yaml_sha256 and e.version < v.version) as "sameAs",
      (select json_agg(json_build_object('id', w.reviewer, 'name', u.name))::text from (
        select distinct on (r.reviewer) r.reviewer, r.verdict from countersign.drafts d
        join countersign.reviews r on r.draft = d.id and r.revision = d.revision and r.yaml_sha256 = v.yaml_sha256
        where d.name = v.name and d.published_as = v.version order by r.reviewer, r.vote desc) w
        left join countersign.users u on u.id = w.reviewer where w.verdict = 'approve') as approvals
    from shown v join countersign.policies p on p.name = v.name left join published o on o.version = v.version
    left join countersign.users a on a.id = v.author left join countersign.users b on b.id = o.published_by
    order by v.version desc`
  return rows.map(({ author, authorName, publisher, publisherName, approvals, ...row }) => ({
    ...row,
    author: { id: author, name: authorName },
    publishedBy: publisher === null ? null : { id: publisher, name: publisherName },
    approvedBy: approvals === null ? [] : (JSON.parse(approvals) as readonly Who[]),
  }))
}
