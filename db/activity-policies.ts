import type { Queries } from './connect'

/** A policy text by what entries call it. */
export type NamedDigest = { readonly digest: string; readonly name: string; readonly version: number }

/** The versions that decisions were met under, the last met first; where several have one text, the newest. */
export async function policiesMet(sql: Queries, limit: number): Promise<readonly NamedDigest[]> {
  return sql<NamedDigest[]>`
    select n.name as digest, v.name, v.version from countersign.activity_names n
    cross join lateral (select name, version from countersign.policy_versions where digest = n.name order by created_at desc limit 1) v
    where n.kind = 'digest' order by n.last_at desc limit ${limit}`
}
