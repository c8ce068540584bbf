import type { Queries } from './connect'
import type { DraftState } from './drafts'
import type { PolicyKind } from './policies'

/** Somebody as the log knows them; `name` is null for whoever is no user: the command line before there were accounts. */
export type Who = { readonly id: string; readonly name: string | null }

export type DraftShown = {
  readonly id: string
  readonly revision: number
  readonly state: DraftState
  readonly by: Who
  readonly savedAt: Date
}

export type PolicyListed = {
  readonly name: string
  readonly kind: PolicyKind
  /** The version in force; null where none is yet. */
  readonly version: number | null
  readonly digest: string | null
  readonly by: Who | null
  readonly at: Date | null
  readonly message: string
  readonly draft: DraftShown | null
}

type Row = {
  readonly name: string
  readonly kind: PolicyKind
  readonly version: number | null
  readonly digest: string | null
  readonly author: string | null
  readonly authorName: string | null
  readonly at: Date | null
  readonly message: string | null
  readonly draft: string | null
  readonly revision: number
  readonly state: DraftState
  readonly drafter: string
  readonly drafterName: string | null
  readonly savedAt: Date
}

/** Every policy and guardrail, with what is in force and what is being worked on, by name; names that only a draft has are there too. */
export async function listPolicies(sql: Queries, limit: number): Promise<readonly PolicyListed[]> {
  const rows = await sql<Row[]>`
    with latest as (select contents from countersign.publications order by epoch desc limit 1),
      open as (select * from countersign.drafts where state not in ('published', 'abandoned')),
      names as (select name, kind from countersign.policies union select name, kind from open),
      in_force as (select key as name, value::int as version from latest, jsonb_each_text(contents -> 'policies')
        union all select contents -> 'guardrail' ->> 'name', (contents -> 'guardrail' ->> 'version')::int from latest)
    select n.name, n.kind, v.version, v.digest, v.author, a.name as "authorName", v.created_at as at, v.message,
      d.id as draft, d.revision, d.state, r.author as drafter, w.name as "drafterName", r.saved_at as "savedAt"
    from names n left join in_force f on f.name = n.name
    left join countersign.policy_versions v on v.name = f.name and v.version = f.version
    left join open d on d.name = n.name left join countersign.draft_revisions r on r.draft = d.id and r.revision = d.revision
    left join countersign.users a on a.id = v.author left join countersign.users w on w.id = r.author
    order by n.kind desc, n.name limit ${limit}`
  return rows.map(listedFrom)
}

const listedFrom = ({ name, kind, version, digest, author, authorName, at, message, draft, ...rest }: Row): PolicyListed => ({
  name,
  kind,
  version,
  digest,
  at,
  message: message ?? '',
  by: author === null ? null : { id: author, name: authorName },
  draft:
    draft === null
      ? null
      : { id: draft, revision: rest.revision, state: rest.state, by: { id: rest.drafter, name: rest.drafterName }, savedAt: rest.savedAt },
})

/** Names of users by id, for ids that came from the log or a draft. */
export async function namesOf(sql: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await sql<{ id: string; name: string }[]>`
    select id, name from countersign.users where id in (select jsonb_array_elements_text(${JSON.stringify([...new Set(ids)])}::text::jsonb))`
  return new Map(rows.map(({ id, name }) => [id, name]))
}
