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

/** `document` is the canonical JSON that `digest` is of; without it every gateway parses the YAML. */
export type NewVersion = Omit<PolicyVersion, 'version' | 'createdAt'> & { readonly yaml: string; readonly document?: string }

/**
 * Keeps a text as the next version of its name, and answers its number; the same text as the newest version's is that version again.
 * Throws AppError('conflict') when the name belongs to the other kind of document.
 */
export async function addVersion(sql: Queries, added: NewVersion): Promise<number> {
  const { name, kind, digest, yaml, yamlSha256, document = null, author, message } = added
  const [kept] = await sql<{ kind: PolicyKind; version: number | null }[]>`
    select kind, version
    from countersign.keep_version(${name}, ${kind}, ${digest}, ${yaml}, ${yamlSha256}, ${document}, ${author}, ${message})`
  if (kept && kept.version !== null) return kept.version
  throw new AppError('conflict', `The name ${name} belongs to a ${kept?.kind}.`)
}

/** Versions of one policy, or of all, newest first. */
export async function listVersions(sql: Queries, name: string | null = null): Promise<readonly PolicyVersion[]> {
  return sql<PolicyVersion[]>`
    select v.name, v.version, p.kind, v.digest, v.yaml_sha256 as "yamlSha256", v.author, v.message, v.created_at as "createdAt"
    from countersign.policy_versions v join countersign.policies p on p.name = v.name
    where ${name}::text is null or v.name = ${name} order by v.name, v.version desc`
}

export type VersionText = PolicyVersion & { readonly yaml: string; readonly document: string | null }

/** One version and its text; the newest when no number is given. Null when there is none. */
export async function readVersion(sql: Queries, name: string, version: number | null = null): Promise<VersionText | null> {
  const [found] = await sql<VersionText[]>`
    select v.name, v.version, p.kind, v.digest, v.yaml_sha256 as "yamlSha256", v.author, v.message, v.created_at as "createdAt", v.yaml,
      v.document
    from countersign.policy_versions v join countersign.policies p on p.name = v.name
    where v.name = ${name} and (${version}::integer is null or v.version = ${version}) order by v.version desc limit 1`
  return found ?? null
}
