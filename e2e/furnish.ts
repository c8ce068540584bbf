import type { Actor } from '../core/roles'
import { connect } from '../db/connect'
import { type Draft, saveDraft } from '../db/drafts'
import { openEpochs } from '../db/epochs'
import { beat } from '../db/gateways'
import { openKeys } from '../db/keys'
import { type Desk, publishDraft } from '../db/releases'
import { changeReview, readSettings } from '../db/settings'
import { signedIn } from '../db/testing-people'
import type { Writer } from '../db/writer'
import { type Console, record, throughWriter } from './console'

export const CALL = 'ca11'.repeat(8)

/** Names that would run, end what they stand in, or hide, and how each is drawn. */
export const HOSTILE = [
  { what: 'markup', name: '<img src=x onerror=alert(1)>', shown: '<img src=x onerror=alert(1)>' },
  { what: 'a script that closes the page’s own', name: '</script><script>alert(1)</script>', shown: '</script><script>alert(1)</script>' },
  { what: 'a right-to-left override', name: 'read\u202Eelif', shown: 'U+202E' },
  { what: 'a zero-width space', name: 'read\u200Bfile', shown: 'U+200B' },
  { what: 'a no-break space', name: 'read\u00A0file', shown: 'U+00A0' },
] as const

/** A call of every outcome. */
export const OUTCOMES = [
  { tool: 'read_file', status: 'done' },
  { tool: 'read_secret', outcome: 'deny', constraint: 'allowedPaths', code: 'constraint_violated' },
  { tool: 'write_file', outcome: 'escalate', rule: 'rule-2' },
  { tool: 'move_file', status: 'unknown' },
] as const

const yamlOf = (folder: string): string =>
  `version: "1"\ndefault: deny\nrules:\n  - id: read\n    tool: read_file\n    action: allow\n    constraints: { allowedPaths: ["${folder}"] }\n`

/** What pages of their own are about: a policy with two versions and a draft of a third, and a call with its arguments. */
export async function furnish(opened: Console): Promise<void> {
  const sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 2 })
  try {
    await throughWriter(opened, async (writer) => {
      const { actor } = await signedIn(sql, writer, ['admin'], 'Founding Admin')
      await changeReview(writer, actor, 'off', (await readSettings(sql)).revision)
      const desk = await deskOf(opened, writer)
      for (const version of [0, 1])
        await publishDraft(desk, actor, await kept(writer, actor, `/srv/${version}`, version), 'as agreed', Date.now())
      await kept(writer, actor, '/srv/2', 2)
    })
  } finally {
    await sql.end()
  }
  await record(opened, [{ call: CALL, args: { path: '/srv/0/notes.txt' }, status: 'done' }])
}

/** A gateway is heard that enforces no policy, and says why. */
export async function sayGateway(
  { database }: Console,
  id: string,
  said: { readonly server: string; readonly host: string; readonly because: string },
): Promise<void> {
  const sql = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  const usual = { version: '0.1.0', policy: 'default', digest: null, guardrail: null, epoch: null, state: 'degraded' } as const
  await beat(sql, { id: id.repeat(32), ...usual, ...said })
  await sql.end()
}

async function deskOf({ dataDir }: Console, writer: Writer): Promise<Desk> {
  const keys = await openKeys(dataDir)
  return { writer, publisher: { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(dataDir, keys.trust.log) } }
}

const seenOf = ({ id, revision, yamlSha256 }: Draft) => ({ draft: id, revision, textDigest: yamlSha256 })

async function kept(writer: Writer, actor: Actor, folder: string, base: number) {
  const given = { name: 'default', kind: 'policy', draft: null, revision: 0, base, yaml: yamlOf(folder) } as const
  const saved = await saveDraft(writer, actor, given)
  if (saved.is === 'conflict') throw new Error(saved.because)
  return seenOf(saved.draft)
}
