import { AppError } from '../core/errors'
import type { Queries } from './connect'

export type PolicyKind = 'policy' | 'guardrail'

/** One immutable version of a policy text. `digest` is of the parsed document, `yamlSha256` of the bytes of `yaml`; both hexadecimal. */
export type PolicyVersion = {
  readonly name: string
  readonly version: number
  readonly kind: PolicyKind
  readonly digest: string
  readonly yamlSha256: string
  readonly author: string
  readonly message: string
  readonly createdAt: Date
}

export type NewVersion = Omit<PolicyVersion, 'version' | 'createdAt'> & { readonly yaml: string }

/**
 * Keeps a text as the next version of its name, and answers its number; the same text as the newest version's is that version again.
 * Throws AppError('conflict') when the name belongs to the other kind of document.
 */
export async function addVersion(sql: Queries, added: NewVersion): Promise<number> {
  // Until the transaction ends nobody else adds a version, of any name.
  await sql`select countersign.next_epoch()`
  await sql`insert into countersign.policies (name, kind) values (${added.name}, ${added.kind}) on conflict do nothing`
  const [policy] = await sql<{ kind: PolicyKind }[]>`select kind from countersign.policies where name = ${added.name}`
  if (policy?.kind !== added.kind) throw new AppError('conflict', `The name ${added.name} belongs to a ${policy?.kind}.`)
  const [newest] = await sql<{ version: number; sha: string; digest: string }[]>`
    select version, yaml_sha256 as sha, digest from countersign.policy_versions where name = ${added.name} order by version desc limit 1`
  if (newest?.sha === added.yamlSha256 && newest.digest === added.digest) return newest.version
  const version = (newest?.version ?? 0) + 1
  await sql`insert into countersign.policy_versions (name, version, digest, yaml, yaml_sha256, author, message)
    values (${added.name}, ${version}, ${added.digest}, ${added.yaml}, ${added.yamlSha256}, ${added.author}, ${added.message})`
  return version
}

/** Versions of one policy, or of all, newest first. */
export async function listVersions(sql: Queries, name: string | null = null): Promise<readonly PolicyVersion[]> {
  return sql<PolicyVersion[]>`
    select v.name, v.version, p.kind, v.digest, v.yaml_sha256 as "yamlSha256", v.author, v.message, v.created_at as "createdAt"
    from countersign.policy_versions v join countersign.policies p on p.name = v.name
    where ${name}::text is null or v.name = ${name} order by v.name, v.version desc`
}

/** One version and its text; the newest when no number is given. Null when there is none. */
export async function readVersion(
  sql: Queries,
  name: string,
  version: number | null = null,
): Promise<(PolicyVersion & { readonly yaml: string }) | null> {
  const [found] = await sql<(PolicyVersion & { yaml: string })[]>`
    select v.name, v.version, p.kind, v.digest, v.yaml_sha256 as "yamlSha256", v.author, v.message, v.created_at as "createdAt", v.yaml
    from countersign.policy_versions v join countersign.policies p on p.name = v.name
    where v.name = ${name} and (${version}::integer is null or v.version = ${version}) order by v.version desc limit 1`
  return found ?? null
}
