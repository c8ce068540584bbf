import type { Browser, BrowserContext } from '@playwright/test'
import { encode } from 'next-auth/jwt'
import type { DecisionFields, ReceiptStatus } from '../../core/audit/entry'
import type { Actor, Role } from '../../core/roles'
import { connect, type Sql } from '../../db/connect'
import { openConsoleSecret } from '../../db/console-secret'
import { randomId } from '../../db/crypto'
import { type Draft, saveDraft, submitDraft } from '../../db/drafts'
import { openEpochs } from '../../db/epochs'
import { beat } from '../../db/gateways'
import { identityOf, openKeys } from '../../db/keys'
import { insertUser } from '../../db/people'
import { invite } from '../../db/people-invites'
import { openReset } from '../../db/people-resets'
import { finishSetUp } from '../../db/people-set-up'
import { createToken } from '../../db/people-tokens'
import { listVersions } from '../../db/policies'
import { type Desk, publishDraft, publishWhole } from '../../db/releases'
import { castVote } from '../../db/reviews'
import { readSession, startSession } from '../../db/sessions'
import { openWriter, type Writer } from '../../db/writer'
import { type Console, throughWriter } from '../console'
import { heldCalls } from './holds'
import { type Digests, writePast } from './past'
import { DRAFT, FLEET, HOSTILE, POLICY, textOf, USUAL_CALLS } from './sample'

/** What the pages need to know of what was put in. `stop` ends the gateways' heartbeats. */
export type Seeded = {
  readonly state: StorageState
  readonly call: string
  readonly invite: string
  readonly reset: string
  readonly hold: string
  stop(): Promise<void>
}

type How = {
  readonly versions: number
  readonly people: number
  readonly gateways: number
  readonly decisions: number
  readonly crowd: number
}

export const seedFew = (browser: Browser, opened: Console): Promise<Seeded> =>
  seed(browser, opened, { versions: 2, people: 1, gateways: 3, decisions: 0, crowd: 0 })
export const seedFull = (browser: Browser, opened: Console): Promise<Seeded> =>
  seed(browser, opened, { versions: 38, people: 46, gateways: 36, decisions: 10_000, crowd: 44 })

async function seed(browser: Browser, opened: Console, { versions, people, gateways, decisions, crowd }: How): Promise<Seeded> {
  const sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'pictures', max: 2 })
  const keys = await openKeys(opened.dataDir)
  const publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(opened.dataDir, keys.trust.log) }
  const { maria, jo, token, reset } = await throughWriter(opened, async (writer) => {
    const desk = { writer, publisher }
    const maria = await firstAdmin(sql, writer, opened.setUpUrl)
    // While there is one author, nobody else has to look at them.
    for (let version = 1; version <= versions; version++)
      await publishWhole(desk, maria, { name: 'default', kind: 'policy', yaml: textOf(version), message: messageOf(version) }, Date.now())
    const jo = await person(sql, writer, 'jo@example.org', 'Jo Reviewer', ['author', 'approver'])
    await review(sql, desk, maria, jo)
    for (let n = 0; n < people; n++) {
      const [name = '', roles = ['viewer']] = n === 0 ? ['Vic Ng', ['viewer'] as const] : [NAMES[n % NAMES.length], ROLES[n % ROLES.length]]
      await person(
        sql,
        writer,
        `${name.toLowerCase().replace(/\W+/g, '.')}.${n}@example.org`,
        n === 7 ? `${name} \u202Enimda` : name,
        roles,
      )
    }
    await createToken(writer, maria, { name: 'laptop', days: 30 })
    for (let n = 1; n < Math.min(people, 12); n++) await invite(writer, maria, { email: `invited.${n}@example.org`, roles: ['viewer'] })
    const reset = (await openReset(writer, maria, jo.id)).token
    return { maria, jo, reset, token: (await invite(writer, maria, { email: 'sam@example.org', roles: ['author', 'approver'] })).token }
  })
  const digests = (await listVersions(sql, 'default')).map(({ digest, version }) => ({ digest, version }))
  if (decisions > 0) await writePast(opened, decisions, [...digests].reverse())
  const inForce = { policy: digests[0]?.digest ?? '', policyName: 'default', policyVersion: versions + 1 }
  const hold = await heldCalls(opened, { maria, jo }, inForce, crowd)
  const call = await latest(opened, digests[0]?.digest ?? null, versions + 1)
  const stopBeating = await beating(opened, gateways, digests)
  return {
    ...{ state: await stateOf(browser, opened, maria), call, hold, invite: token, reset },
    stop: async () => {
      await stopBeating()
      await sql.end()
    },
  }
}

const NAMES = [
  'Ada Moreau',
  'Ben Okafor',
  'Chen Wei',
  'Dora Novák',
  'Emil Krüger',
  'Fatima El-Sayed',
  'Giulia Rossi',
  'Hannah Schmidt-Lindqvist',
]
const ROLES: readonly (readonly Role[])[] = [['viewer'], ['author'], ['approver'], ['auditor'], ['author', 'approver']]
const MESSAGES = [
  'Let the reports agent list folders',
  'Ask a person before anything is written',
  'Close /etc for everybody',
  'Raise the bound on queries',
]
const messageOf = (version: number): string => (version === 1 ? 'First policy' : (MESSAGES[version % MESSAGES.length] ?? ''))

export type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>

/** The one session that all pictures are taken in. */
async function stateOf(browser: Browser, opened: Console, maria: Actor): Promise<StorageState> {
  const token = await throughWriter(opened, (writer) =>
    writer.commit(async (tx) => {
      const started = await startSession(tx, { user: maria.id, ...METHOD, address: '127.0.0.1', agent: FIREFOX, provedAtMs: Date.now() })
      return { entries: [started.entry], result: started.token }
    }),
  )
  const value = await encode({ token: { sid: token }, secret: await openConsoleSecret(opened.dataDir), maxAge: 12 * 60 * 60 })
  const context = await browser.newContext()
  await context.addCookies([{ name: 'countersign.session', value, url: opened.url, httpOnly: true, sameSite: 'Lax' }])
  const state = await context.storageState()
  await context.close()
  return state
}

const METHOD = { method: 'password' } as const

/** By the link that the launcher prints, as everywhere. */
async function firstAdmin(sql: Sql, writer: Writer, setUpUrl: string | null): Promise<Actor> {
  const token = new URL(setUpUrl ?? '').searchParams.get('token') ?? ''
  const who = { email: 'maria@example.org', name: 'Maria Lind', password: 'a long sentence that nobody guesses' }
  const started = await finishSetUp({ sql, writer }, token, who, { address: '198.51.100.24', agent: SAFARI })
  const actor = await readSession(sql, started.token)
  if (!actor) throw new Error('the first admin is not signed in')
  return actor
}
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'

/** Somebody new, signed in once, so that they were seen. */
async function person(sql: Sql, writer: Writer, email: string, name: string, roles: readonly Role[]): Promise<Actor> {
  const token = await writer.commit(async (tx) => {
    const joined = await insertUser(tx, { email, name, roles }, { by: 'domain', invite: null, address: null })
    const from = { method: 'password', address: '203.0.113.7', agent: FIREFOX } as const
    const started = await startSession(tx, { user: joined.id, ...from, provedAtMs: Date.now() })
    return { entries: [joined.entry, started.entry], result: started.token }
  })
  const actor = await readSession(sql, token)
  if (!actor) throw new Error(`${email} is not signed in`)
  return actor
}
const FIREFOX = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A version that somebody else approved, and a draft that waits for the one who looks. */
async function review(sql: Sql, desk: Desk, maria: Actor, jo: Actor): Promise<void> {
  const { writer } = desk
  const first = await saved(writer, maria, POLICY, await newest(sql))
  const submitted = await submitDraft(writer, maria, seenOf(first), 'Shell stays closed; writes wait for a person.')
  const approved = await castVote(writer, jo, seenOf(submitted), 'approve', 'Agreed.')
  await publishDraft(desk, maria, seenOf(approved), 'Hold every write, and close the shell', Date.now())
  const next = await saved(writer, jo, DRAFT, await newest(sql))
  await submitDraft(writer, jo, seenOf(next), 'The reports agent reads the archive, and lists no folders.')
}

const newest = async (sql: Sql): Promise<number> => (await listVersions(sql, 'default'))[0]?.version ?? 0
const seenOf = ({ id, revision, yamlSha256 }: Draft) => ({ draft: id, revision, textDigest: yamlSha256 })

async function saved(writer: Writer, actor: Actor, yaml: string, base: number): Promise<Draft> {
  const outcome = await saveDraft(writer, actor, { name: 'default', kind: 'policy', draft: null, revision: 0, base, yaml })
  if (outcome.is === 'conflict') throw new Error(outcome.because)
  return outcome.draft
}

/** The newest calls through the gateway's writer, clear text and all. Answers one that was denied. */
async function latest({ database, dataDir }: Console, digest: string | null, version: number): Promise<string> {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identityOf(await openKeys(dataDir), 'gateway') })
  let denied = ''
  for (const { args, status, ...fields } of [...HOSTILE, ...USUAL_CALLS]) {
    const call = randomId()
    if (fields.outcome === 'deny') denied = call
    const disclose = [{ name: 'arguments', bytes: new TextEncoder().encode(JSON.stringify(args)) }]
    const { seq } = await writer.append({ ...DECISION, policy: { digest, version, epoch: version }, ...fields, call, disclose })
    if (status) await writer.append({ ...RECEIPT, call, decision: { writer: writer.id, seq }, status, startedAt: new Date().toISOString() })
  }
  await writer.close()
  return denied
}

const DECISION = {
  ...{ type: 'decision', principal: { id: 'agent:reports', assurance: 'asserted' }, server: 'files', session: null, method: 'tools/call' },
  ...{ tool: 'read_file', outcome: 'allow', rule: 'read', constraint: null, code: 'rule', guardrail: null, pin: null, sizeBytes: 96 },
  facts: { now: Date.UTC(2026, 10, 23, 9, 30), listed: true },
} as const satisfies Omit<DecisionFields, 'call' | 'policy'>
const RECEIPT = { type: 'receipt', code: null, durationMs: 14, sizeBytes: 2_048 } as const

/** Gateways that are as they say they are for as long as pictures are taken. Answers what ends them. */
async function beating({ database }: Console, count: number, digests: Digests): Promise<() => Promise<void>> {
  const sql = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'pictures', max: 2 })
  const say = async (): Promise<void> => {
    for (let n = 0; n < count; n++) await beat(sql, FLEET(n, digests))
  }
  await say()
  const timer = setInterval(() => void say(), 4_000)
  return async () => {
    clearInterval(timer)
    await sql.end()
  }
}

export type SampleCall = Partial<DecisionFields> & { readonly args: object; readonly status?: ReceiptStatus }
