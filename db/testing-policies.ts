import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Actor, Role } from '../core/roles'
import { connect, type Sql } from './connect'
import { type Draft, type Seen, saveDraft } from './drafts'
import { openEpochs } from './epochs'
import { identityOf, openKeys } from './keys'
import type { Desk } from './releases'
import { freshDatabase } from './testing'
import { signedIn } from './testing-people'
import { openWriter, type Writer } from './writer'

export type Bench = {
  readonly sql: Sql
  readonly superuser: Sql
  readonly writer: Writer
  readonly desk: Desk
  urlFor(role: 'gateway' | 'auditor'): string
  person(roles: readonly Role[], name?: string): Promise<Actor>
  /** The entries of these types, oldest first. */
  told(...types: string[]): Promise<readonly { readonly [field: string]: unknown }[]>
  close(): Promise<void>
}

/** For tests: a database, keys, a writer and people to do things. */
export async function openBench(): Promise<Bench> {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-policies-'))
  const database = await freshDatabase()
  const keys = await openKeys(dataDir)
  const sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 4 })
  const superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  const writer = await openWriter({ url: database.urlFor('console'), identity: identityOf(keys, 'console') })
  const publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(dataDir, keys.trust.log) }
  return {
    sql,
    superuser,
    writer,
    desk: { writer, publisher },
    urlFor: (role) => database.urlFor(role),
    person: async (roles, name) => (await signedIn(sql, writer, roles, name)).actor,
    told: async (...types) => {
      const rows = await sql<{ body: string }[]>`select body from countersign.entries
        where type in (select jsonb_array_elements_text(${JSON.stringify(types)}::text::jsonb)) order by seq`
      return rows.map(({ body }) => JSON.parse(body))
    },
    close: async () => {
      await writer.close()
      await Promise.all([sql.end(), superuser.end()])
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** For tests: a policy that differs from every other by its comment. */
export const policyText = (comment: string, action = 'allow'): string =>
  `# ${comment}\nversion: "1"\ndefault: deny\nrules:\n  - tool: read_file\n    action: ${action}\n`

export const seenOf = ({ id, revision, yamlSha256 }: Draft): Seen => ({ draft: id, revision, textDigest: yamlSha256 })

/** For tests: saves and insists that it was saved. */
export async function saved(writer: Writer, actor: Actor, name: string, yaml: string, on: Draft | null = null, base = on?.base ?? 0) {
  const save = { name, kind: 'policy' as const, draft: on?.id ?? null, revision: on?.revision ?? 0, base, yaml }
  const outcome = await saveDraft(writer, actor, save)
  if (outcome.is === 'conflict') throw new Error(outcome.because)
  return outcome.draft
}
