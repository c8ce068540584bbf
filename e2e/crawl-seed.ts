import { encode } from 'next-auth/jwt'
import { definitionDigest } from '../core/mcp/tools'
import type { Actor, Role } from '../core/roles'
import { connect, type Sql } from '../db/connect'
import { openConsoleSecret } from '../db/console-secret'
import { randomId, sha256 } from '../db/crypto'
import { type Draft, saveDraft, submitDraft } from '../db/drafts'
import { openEpochs } from '../db/epochs'
import { beat } from '../db/gateways'
import { identityOf, openKeys } from '../db/keys'
import { addTarget } from '../db/notice-targets'
import { insertUser, setDisabled } from '../db/people'
import { invite } from '../db/people-invites'
import { createToken } from '../db/people-tokens'
import { recordBaseline } from '../db/pins'
import { type Desk, publishDraft } from '../db/releases'
import { castVote } from '../db/reviews'
import { keepSample } from '../db/samples'
import { sealingKey } from '../db/sealing'
import { signOut } from '../db/sessions'
import { changeReview, readSettings } from '../db/settings'
import { openWish } from '../db/testing-holds'
import { signedIn } from '../db/testing-people'
import { saveView } from '../db/views'
import { openWriter, type Writer } from '../db/writer'
import { type Console, throughWriter } from './console'
import { canary } from './crawl-matrix'

/** Whoever asks: `roles` is what the database says of them at that moment, nothing for those whom it lets no further. */
export type Subject = { readonly who: string; readonly roles: readonly Role[]; readonly cookie: string | null }

export type Seeded = { readonly subjects: readonly Subject[]; readonly fill: (text: string) => string }

/** A console with one canary of every kind in it, and somebody of every kind to ask for them. */
export async function seed(opened: Console): Promise<Seeded> {
  const sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'seed', max: 2 })
  try {
    return await throughWriter(opened, async (writer) => {
      const founder = (await signedIn(sql, writer, ['author'], 'Founding Author')).actor
      await seedPolicy(opened, { sql, writer, founder })
      await seedSettings(sql, writer)
      await seedPeople(sql, writer)
      const call = await seedCall(opened)
      await seedGateway(opened)
      const hold = await seedHold(opened)
      const fill = (text: string) => text.replaceAll('{call}', call).replaceAll('{hold}', hold).replaceAll('{policy}', canary('policyName'))
      return { subjects: await seedSubjects(opened, sql, writer), fill }
    })
  } finally {
    await sql.end()
  }
}

const yamlWith = (comment: string): string => `# ${comment}\nversion: "1"\ndefault: deny\nrules:\n  - tool: read_file\n    action: allow\n`

const seenOf = ({ id, revision, yamlSha256 }: Draft) => ({ draft: id, revision, textDigest: yamlSha256 })

type Ground = { readonly sql: Sql; readonly writer: Writer; readonly founder: Actor }

/** Two versions in force one after the other, a draft that was asked to be reviewed, and one vote against it. */
async function seedPolicy(opened: Console, { sql, writer, founder }: Ground): Promise<void> {
  const keys = await openKeys(opened.dataDir)
  const desk: Desk = {
    writer,
    publisher: { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(opened.dataDir, keys.trust.log) },
  }
  const name = canary('policyName')
  const keep = async (text: string, base: number): Promise<Draft> => {
    const saved = await saveDraft(writer, founder, { name, kind: 'policy', draft: null, revision: 0, base, yaml: yamlWith(text) })
    if (saved.is === 'conflict') throw new Error(saved.because)
    return saved.draft
  }
  await publishDraft(desk, founder, seenOf(await keep(canary('policyText'), 0)), canary('versionMessage'), Date.now())
  await publishDraft(desk, founder, seenOf(await keep(`second ${canary('policyText')}`, 1)), 'second', Date.now())
  const draft = await keep(canary('draftText'), 2)
  await submitDraft(writer, founder, seenOf(draft), canary('submitMessage'))
  const reviewer = (await signedIn(sql, writer, ['admin'], 'Reviewing Admin')).actor
  await castVote(writer, reviewer, seenOf(draft), 'request_changes', canary('voteMessage'))
  await keepSample(sql, founder, name, {
    ...{ id: '', from: 'written', name: canary('sampleLabel'), method: 'tools/call', tool: 'read_file', server: 'files' },
    ...{ principal: { id: 'local:a', assurance: 'asserted' }, session: null, facts: null },
    args: JSON.stringify({ path: canary('sampleArgument') }),
  })
}

/** By somebody who has gone since: whoever could review is named to everybody who reads a review. */
async function seedSettings(sql: Sql, writer: Writer): Promise<void> {
  const changer = (await signedIn(sql, writer, ['admin'], canary('settingsChanger'))).actor
  await changeReview(writer, changer, 'on', (await readSettings(sql)).revision)
  const { actor } = await signedIn(sql, writer, ['admin'], 'Who stays')
  const url = `https://hooks.example.org/${canary('noticeSecret')}`
  const desk = { writer, actor, key: sealingKey('5'.repeat(64)), reach: 'public' } as const
  await addTarget(desk, { kind: 'slack', name: canary('noticeTarget'), url, events: ['hold.open'] })
  await setDisabled(writer, actor, { user: changer.id, disabled: true })
}

/** Somebody whom only the users page knows, and somebody with things of their own. */
async function seedPeople(sql: Sql, writer: Writer): Promise<void> {
  const hidden = { email: `${canary('userEmail')}@example.org`, name: canary('userName'), roles: ['viewer'] } as const
  const joining = { by: 'domain', invite: null, address: null } as const
  await writer.commit(async (tx) => ({ entries: [(await insertUser(tx, hidden, joining)).entry], result: null }))
  const { actor } = await signedIn(sql, writer, ['admin'], 'Another Person')
  await invite(writer, actor, { email: `${canary('inviteEmail')}@example.org`, roles: ['viewer'] })
  await createToken(writer, actor, { name: canary('tokenOfAnother'), days: 7 })
  await saveView(sql, actor, { name: canary('sharedView'), query: 'range=24h', shared: true })
  await saveView(sql, actor, { name: canary('privateView'), query: 'range=24h', shared: false })
}

async function seedCall(opened: Console): Promise<string> {
  const identity = identityOf(await openKeys(opened.dataDir), 'gateway')
  const url = opened.database.urlFor('gateway')
  const writer = await openWriter({ url, identity })
  const call = randomId()
  const clear = { path: canary('argument') }
  await writer.append({
    ...{ type: 'decision', call, principal: { id: canary('principal'), assurance: 'asserted' }, server: canary('server'), session: null },
    ...{ method: 'tools/call', tool: canary('tool'), outcome: 'allow', rule: 'rule-1', constraint: null, code: 'rule', guardrail: null },
    ...{ policy: { digest: null, version: 1, epoch: 1 }, pin: null, sizeBytes: 20, facts: { now: 1, listed: true } },
    disclose: [{ name: 'arguments', bytes: Buffer.from(JSON.stringify(clear)) }],
  })
  await writer.close()
  await seedPin(url)
  return call
}

/** A call that waits for a person. */
async function seedHold({ database, dataDir }: Console): Promise<string> {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identityOf(await openKeys(dataDir), 'gateway') })
  const hold = await openWish(writer, {
    tool: canary('heldTool'),
    principal: canary('heldPrincipal'),
    args: { path: canary('heldArgument') },
  })
  await writer.close()
  return hold
}

/** The definition of a tool that a server lists. */
async function seedPin(url: string): Promise<void> {
  const sql = connect(url, { purpose: 'pool', application: 'seed' })
  const definition = { name: 'read_file', description: canary('pinnedTool'), inputSchema: { type: 'object' } }
  const tool = { tool: 'read_file', digest: definitionDigest(definition, sha256), definition: Buffer.from(JSON.stringify(definition)) }
  await recordBaseline(sql, { server: 'files', upstream: 'd'.repeat(64), tools: [tool] })
  await sql.end()
}

async function seedGateway(opened: Console): Promise<void> {
  const sql = connect(opened.database.urlFor('gateway'), { purpose: 'pool', application: 'seed' })
  await beat(sql, {
    ...{ id: 'c'.repeat(32), host: canary('gatewayHost'), version: '0.1.0', server: 'files', policy: canary('policyName') },
    ...{ digest: null, guardrail: null, epoch: null, state: 'degraded', because: canary('gatewayBecause') },
  })
  await sql.end()
}

/** One of each role, somebody who was shut out, and somebody whose session is over; and nobody. */
async function seedSubjects(opened: Console, sql: Sql, writer: Writer): Promise<readonly Subject[]> {
  const secret = await openConsoleSecret(opened.dataDir)
  const enter = async (roles: readonly Role[], who: string) => {
    const { actor, token } = await signedIn(sql, writer, roles, who)
    const sealed = await encode({ token: { sid: token }, secret, maxAge: 60 * 60 })
    return { actor, cookie: `countersign.session=${sealed}` }
  }
  const roles: readonly Role[] = ['viewer', 'author', 'approver', 'auditor', 'admin']
  const standing: Subject[] = []
  for (const role of roles) standing.push({ who: role, roles: [role], cookie: (await enter([role], `An ${role}`)).cookie })
  const [admin, disabled, ended] = [await enter(['admin'], 'One'), await enter(['admin'], 'Two'), await enter(['admin'], 'Three')]
  await setDisabled(writer, admin.actor, { user: disabled.actor.id, disabled: true })
  await signOut(writer, ended.actor, { address: null, agent: null })
  const forged = await encode({ token: { sid: 'a'.repeat(43) }, secret: 'another secret', maxAge: 60 * 60 })
  return [
    { who: 'nobody', roles: [], cookie: null },
    { who: 'a forged cookie', roles: [], cookie: `countersign.session=${forged}` },
    { who: 'somebody disabled', roles: [], cookie: disabled.cookie },
    { who: 'somebody signed out', roles: [], cookie: ended.cookie },
    ...standing,
  ]
}
