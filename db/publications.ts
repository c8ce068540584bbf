import { AppError } from '../core/errors'
import { isSqlState, type Queries } from './connect'

/** The channel on which `publish` tells gateways; the payload is the epoch. A hint that may be lost. */
export const POLICY_CHANNEL = 'countersign_policy'

/** Which versions a publication puts in force, by name: the signed statement's digests again, as numbers to find the texts by. */
export type Contents = {
  readonly policies: { readonly [name: string]: number }
  readonly guardrail: { readonly name: string; readonly version: number } | null
}

/** `statement` is the canonical JSON that `signature` covers (core/policy/publication.ts); `certificate` traces its key to the root. */
export type Publication = {
  readonly epoch: number
  readonly statement: string
  readonly signature: Uint8Array
  readonly certificate: string
  readonly contents: Contents
}

/** The epoch to sign next. Held until the transaction ends, so that two publishers never sign the same one. */
export async function takeEpoch(sql: Queries): Promise<number> {
  const [row] = await sql<{ epoch: number }[]>`select countersign.next_epoch()::float8 as epoch`
  if (!row) throw new Error('next_epoch answers one row')
  return row.epoch
}

/**
 * Puts a signed publication in force and tells the gateways when the transaction commits. Throws AppError('conflict') when its epoch
 * is not above the last one.
 */
export async function publish(sql: Queries, publication: Publication, by: string, message: string): Promise<void> {
  const { epoch, statement, signature, certificate, contents } = publication
  try {
    await sql`select countersign.publish(${epoch}, ${statement}, ${Buffer.from(signature)}, ${certificate}, ${JSON.stringify(contents)}::text::jsonb,
      ${by}, ${message})`
  } catch (cause) {
    if (isSqlState(cause, 'CS010')) throw new AppError('conflict', 'Somebody published meanwhile: look at it and publish again.', { cause })
    throw cause
  }
}

/** What is in force, and by whose word. */
export type Published = Publication & { readonly by: string; readonly message: string; readonly publishedAt: Date }

/** The newest first. */
export async function listPublications(sql: Queries, limit: number): Promise<readonly Published[]> {
  return sql<Published[]>`
    select epoch::float8 as epoch, statement, signature, certificate, contents, published_by as by, message, published_at as "publishedAt"
    from countersign.publications order by epoch desc limit ${limit}`
}

/**
 * The newest publication with the texts one gateway needs; a text is null when it is not part of it, or can't be found. `document` is
 * the same text parsed, as canonical JSON, where that was kept.
 */
export type Latest = Publication & {
  readonly version: number | null
  readonly yaml: string | null
  readonly document: string | null
  readonly guardrailYaml: string | null
  readonly guardrailDocument: string | null
}

/**
 * The newest publication as one policy's gateways see it, in one statement; null when nothing was ever published. Nothing here is to be
 * believed before signature, epoch and digests have been checked.
 */
export async function latestPublication(sql: Queries, name: string): Promise<Latest | null> {
  const [latest] = await sql<Latest[]>`
    select p.epoch::float8 as epoch, p.statement, p.signature, p.certificate, p.contents, v.version, v.yaml, v.document, g.yaml as "guardrailYaml",
      g.document as "guardrailDocument"
    from countersign.publications p
    left join countersign.policy_versions v on v.name = ${name} and v.version::text = p.contents -> 'policies' ->> ${name}
    left join countersign.policy_versions g on g.name = p.contents -> 'guardrail' ->> 'name'
      and g.version::text = p.contents -> 'guardrail' ->> 'version'
    order by p.epoch desc limit 1`
  return latest ?? null
}
