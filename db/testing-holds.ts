import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { likenessOf } from '../core/approval/binding'
import type { VoteVerdict } from '../core/approval/quorum'
import type { Verifier } from '../core/approval/statement'
import { recordedName } from '../core/audit/entry'
import { type Report, verifyLog } from '../core/audit/verify'
import type { Json } from '../core/json'
import type { Actor, Role } from '../core/roles'
import { type Claim, claimHold } from './claims'
import { connect, type Sql } from './connect'
import { randomId, sha256, verifyEd25519 } from './crypto'
import { bindingOfHold } from './hold-binding'
import { databaseNowMs, type NewHold, newHoldId, openHold, readHold } from './holds'
import { type HoldCard, holdCard } from './inbox'
import { identityOf, openKeys } from './keys'
import { freshDatabase } from './testing'
import { testDecision } from './testing-entries'
import { signedIn } from './testing-people'
import type { FreshDatabase } from './testing-server'
import { readLog } from './verify-source'
import { type Ballot, type Counted, castHoldVote } from './votes'
import { openWriter, type Writer } from './writer'

/** What a held call is about, where a test cares. */
export type Wish = Partial<NewHold> & { readonly args?: { readonly [key: string]: Json }; readonly raw?: string }

export type HoldBench = {
  readonly database: FreshDatabase
  readonly dataDir: string
  readonly people: Sql
  readonly superuser: Sql
  /** The gateway's writer, and the console's. */
  readonly gateway: Writer
  /** Another process of it, which whoever opens it closes. */
  gatewayAgain(): Promise<Writer>
  readonly desk: Writer
  readonly verifier: Verifier
  person(roles: readonly Role[], name?: string): Promise<Actor>
  held(wish?: Wish): Promise<string>
  card(id: string): Promise<HoldCard>
  ballot(id: string, verdict?: VoteVerdict, reason?: string): Promise<Ballot>
  vote(actor: Actor, id: string, verdict?: VoteVerdict): Promise<Counted>
  claiming(id: string): Promise<Claim>
  claim(id: string): ReturnType<typeof claimHold>
  stateOf(id: string): Promise<string | undefined>
  /** The entries of these types, in the order they were recorded. */
  told(...types: string[]): Promise<readonly { readonly [field: string]: unknown }[]>
  verify(): Promise<Report>
  close(): Promise<void>
}

/** For tests: one approver, and time enough. */
export const ONE_APPROVER = [{ approvers: ['approver'], quorum: 1, expiresMs: 900_000, useWithinMs: 300_000, notify: [] }]
export const TWO_APPROVERS = [{ approvers: ['approver'], quorum: 2, expiresMs: 900_000, useWithinMs: 300_000, notify: [] }]

/** For tests: a call as a gateway holds it, bound over its bytes. */
export function newWish(nowMs: number, { args = { path: '/tmp/a', content: 'x' }, raw, ...over }: Wish): NewHold {
  const text = raw ?? JSON.stringify(args)
  const wish = { principal: 'local:ada@host', server: 'files', tool: 'write_file', ...over }
  const hold = {
    id: newHoldId(),
    call: randomId(),
    openedBy: '',
    decisionSeq: null,
    likeness: likenessOf(sha256, { principal: wish.principal, server: wish.server, tool: wish.tool, args }),
    assurance: 'asserted' as const,
    session: 'session-1',
    arguments: Buffer.from(text),
    params: Buffer.from(`{"name":${JSON.stringify(wish.tool)},"arguments":${text}}`),
    pin: null,
    policy: 'a'.repeat(64),
    policyName: 'default',
    policyVersion: 1,
    guardrail: null,
    epoch: 0,
    rule: 'rule-2',
    reason: 'File writes require approval',
    owner: null,
    nonce: randomId(),
    approvals: ONE_APPROVER as unknown as Json,
    decideByMs: nowMs + 900_000,
    useWithinMs: 300_000,
    keepsClear: true,
    ...wish,
  }
  const params = JSON.parse(Buffer.from(hold.params).toString()) as { [key: string]: Json }
  return { ...hold, binding: over.binding ?? bindingOfHold(hold, hold.arguments, params) }
}

/** For tests: opens a hold as a gateway does, with its decision, in one transaction. */
export const openWish = (gateway: Writer, wish: Wish = {}): Promise<string> =>
  gateway.commit(async (tx, next) => {
    const hold = { ...newWish(await databaseNowMs(tx), wish), openedBy: next.writer, decisionSeq: next.seq }
    await openHold(tx, hold)
    const { id, call, binding, likeness, approvals } = hold
    const [server, tool] = [recordedName(hold.server), recordedName(hold.tool)]
    const decision = testDecision({ call, server, tool, outcome: 'escalate', hold: id })
    const decideBy = new Date(hold.decideByMs).toISOString()
    const opened = { type: 'hold.open', hold: id, call, server, tool, binding, likeness, approvals, decideBy } as const
    return { entries: [{ ...decision, disclose: [{ name: 'arguments', bytes: hold.arguments }] }, opened], result: id }
  })

/** For tests: a database with a gateway's writer, a console's, and people. */
export async function openHoldBench(): Promise<HoldBench> {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-holds-'))
  const database = await freshDatabase()
  const keys = await openKeys(dataDir)
  const login = (as: 'console' | 'superuser') => connect(database.urlFor(as), { purpose: 'pool', application: 'test', max: 4 })
  const writer = (role: 'gateway' | 'console') => openWriter({ url: database.urlFor(role), identity: identityOf(keys, role) })
  const [people, superuser] = [login('console'), login('superuser')]
  const [gateway, desk] = [await writer('gateway'), await writer('console')]
  const verifier: Verifier = { trust: keys.trust, verify: verifyEd25519 }
  const card = async (id: string): Promise<HoldCard> => {
    const found = await holdCard(people, id)
    if (!found) throw new Error(`there is no hold ${id}`)
    return found
  }
  const ballot = async (hold: string, verdict: VoteVerdict = 'approve', reason = ''): Promise<Ballot> => {
    const { hold: row, displayed } = await card(hold)
    return { hold, binding: row.binding, displayed, verdict, reason }
  }
  const claiming = async (hold: string): Promise<Claim> => {
    const row = await readHold(people, hold)
    return { hold, binding: row?.binding ?? '', policy: row?.policy ?? '', epoch: 0, pin: row?.pin ?? null, verifier }
  }
  return {
    ...{ database, dataDir, people, superuser, gateway, desk, verifier, card, ballot, claiming },
    gatewayAgain: () => writer('gateway'),
    person: async (roles, name) => (await signedIn(people, desk, roles, name)).actor,
    held: (wish) => openWish(gateway, wish),
    vote: async (actor, id, verdict) => castHoldVote(desk, actor, await ballot(id, verdict)),
    claim: async (id) => claimHold(gateway, await claiming(id)),
    stateOf: async (id) => (await readHold(people, id))?.state,
    told: async (...types) => {
      const rows = await people<{ body: string }[]>`select body from countersign.entries
        where type = any(string_to_array(${types.join(',')}, ',')) order by recorded_at, writer, seq`
      return rows.map(({ body }) => JSON.parse(body))
    },
    verify: async () => {
      const sql = connect(database.urlFor('auditor'), { purpose: 'bulk', application: 'verify' })
      try {
        return await verifyLog(readLog(sql), { trust: keys.trust, sha256, verify: verifyEd25519, deep: true })
      } finally {
        await sql.end()
      }
    },
    close: async () => {
      for (const each of [gateway, desk]) await each.close()
      await Promise.all([people.end(), superuser.end()])
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
