import { expect } from '@playwright/test'
import { encode } from 'next-auth/jwt'
import type { Actor } from '../core/roles'
import { connect, type Sql } from '../db/connect'
import { openConsoleSecret } from '../db/console-secret'
import { readOpenDraft } from '../db/drafts'
import { holdCard } from '../db/inbox'
import { identityOf, openKeys } from '../db/keys'
import { insertUser } from '../db/people'
import { openWish } from '../db/testing-holds'
import { signedIn, signedInAgain } from '../db/testing-people'
import { openWriter } from '../db/writer'
import { test } from './browser'
import { type Console, openConsole, record, throughWriter } from './console'
import { type BuiltAction, builtActions } from './crawl-build'
import { bodyOf, post, saidIn } from './crawl-forge'
import { Fields, FOR_EVER, NO_SCOPE } from './crawl-matrix'
import { markNow, type Told, toldSince } from './crawl-state'

let opened: Console
let owner: Sql
let actions: readonly BuiltAction[]
let admin: Actor
let cookie: string
let somebody: string

test.describe.configure({ mode: 'serial', timeout: 120_000 })

test.beforeAll(async () => {
  opened = await openConsole()
  owner = connect(opened.database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 2 })
  actions = await builtActions()
  const sql = connect(opened.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 2 })
  await throughWriter(opened, async (writer) => {
    const entered = await signedIn(sql, writer, ['admin', 'author', 'approver'], 'Ada Admin')
    admin = entered.actor
    const value = await encode({ token: { sid: entered.token }, secret: await openConsoleSecret(opened.dataDir), maxAge: 60 * 60 })
    cookie = `countersign.session=${value}`
    const newcomer = { email: 'some@example.org', name: 'Somebody', roles: ['viewer'] } as const
    somebody = await writer.commit(async (tx) => {
      const { entry, id } = await insertUser(tx, newcomer, { by: 'domain', invite: null, address: null })
      return { entries: [entry], result: id }
    })
  })
  await sql.end()
})

test.afterAll(async () => {
  await owner?.end()
  await opened?.close()
})

/** One value out of the database, as text. */
async function value(query: string): Promise<string> {
  const [row] = await owner.unsafe<{ value: string }[]>(`select (${query})::text as value`)
  return row?.value ?? ''
}

async function shownDraft(): Promise<{ readonly draft: string; readonly revision: number; readonly textDigest: string }> {
  const found = await readOpenDraft(owner, 'default')
  if (!found) throw new Error('there is no draft')
  return { draft: found.id, revision: found.revision, textDigest: found.yamlSha256 }
}

async function shownHold(hold: string) {
  const card = await holdCard(owner, hold)
  if (!card) throw new Error('there is no hold')
  return { hold, binding: card.hold.binding, displayed: card.displayed }
}

async function newHold(): Promise<string> {
  const writer = await openWriter({
    url: opened.database.urlFor('gateway'),
    identity: identityOf(await openKeys(opened.dataDir), 'gateway'),
  })
  const approvals = [{ approvers: ['approver'], quorum: 1, expiresMs: 900_000, useWithinMs: 300_000, notify: [] }]
  const hold = await openWish(writer, { approvals, policyName: null, policyVersion: null })
  await writer.close()
  return hold
}

const another = async (): Promise<string> =>
  throughWriter(opened, async (writer) => (await signedInAgain(writer, { actor: admin, token: '' })).session)

const yaml = (folder: string) =>
  `version: "1"\ndefault: deny\nrules:\n  - id: read\n    tool: read_file\n    action: allow\n    constraints: { allowedPaths: ["${folder}"] }\n`
const target = (name: string) => ({ kind: 'webhook', name, events: ['hold.open'], url: 'https://hooks.example.org/in' })
const revisionOf = async (table: string): Promise<number> => Number(await value(`select revision from countersign.${table} limit 1`))
const CALL = 'ac'.repeat(16)

type Act = {
  readonly action: string
  readonly args: () => Promise<readonly unknown[]> | readonly unknown[]
  readonly told: readonly string[]
}

/** Every administrative act once, in an order in which each finds what it is about; and what the log has to say of it, no more and no less. */
const ACTS: readonly Act[] = [
  { action: 'users/actions.ts inviteUser', args: () => [{ email: 'new@example.org', roles: ['viewer'] }], told: ['user.invite'] },
  {
    action: 'users/actions.ts takeBackInvite',
    args: async () => [await value(`select id from countersign.invites where email = 'new@example.org'`)],
    told: ['user.uninvite'],
  },
  { action: 'users/actions.ts changeRoles', args: () => [{ user: somebody, roles: ['author'], shown: ['viewer'] }], told: ['user.roles'] },
  { action: 'users/actions.ts changeGroups', args: () => [{ user: somebody, groups: ['payments'], shown: [] }], told: ['user.groups'] },
  { action: 'users/actions.ts makeResetLink', args: () => [somebody], told: ['user.reset'] },
  { action: 'users/actions.ts changeStanding', args: () => [{ user: somebody, disabled: true }], told: ['user.disable'] },
  { action: 'users/actions.ts changeStanding', args: () => [{ user: somebody, disabled: false }], told: ['user.enable'] },
  {
    action: 'settings/actions.ts setReview',
    args: async () => [{ review: 'off', revision: await revisionOf('settings') }],
    told: ['config.review'],
  },
  {
    action: 'settings/actions.ts setRetention',
    args: () => [{ days: { ...FOR_EVER, words: 30 }, revision: 0 }],
    told: ['config.retention'],
  },
  {
    action: 'settings/actions.ts addLegalHold',
    args: () => [{ scope: { ...NO_SCOPE, server: 'mail' }, because: 'a case' }],
    told: ['legal_hold.open'],
  },
  {
    action: 'settings/actions.ts endLegalHold',
    args: async () => [{ id: await value('select id from countersign.legal_holds'), because: 'it is over' }],
    told: ['legal_hold.lift'],
  },
  {
    action: 'integrity/actions.ts endAlarm',
    args: async () => [
      { id: await value(`select countersign.raise_alarm('regression', null, null, 'It went back.', 'a test')`), because: 'looked into' },
    ],
    told: ['alarm.ended'],
  },
  { action: 'settings/actions.ts eraseAgent', args: () => [{ agent: 'nobody', because: 'asked for' }], told: ['erasure.order'] },
  {
    action: 'settings/actions.ts saveTarget',
    args: () => [{ id: null, revision: 0, isNewSecret: false, draft: target('one') }],
    told: ['config.notice_target'],
  },
  {
    action: 'settings/actions.ts saveTarget',
    args: async () => [
      {
        ...{ id: await value('select id from countersign.notice_targets'), revision: await revisionOf('notice_targets') },
        ...{ isNewSecret: true, draft: target('two') },
      },
    ],
    told: ['config.notice_target'],
  },
  {
    action: 'settings/actions.ts turnTarget',
    args: async () => [
      { id: await value('select id from countersign.notice_targets'), revision: await revisionOf('notice_targets'), enabled: false },
    ],
    told: ['config.notice_target'],
  },
  {
    action: 'settings/actions.ts deleteTarget',
    args: async () => [{ id: await value('select id from countersign.notice_targets'), revision: await revisionOf('notice_targets') }],
    told: ['config.notice_target'],
  },
  { action: 'account/actions.ts makeToken', args: () => [new Fields({ name: 'laptop', days: '7' })], told: ['token.create'] },
  {
    action: 'account/actions.ts dropToken',
    args: async () => [await value('select id from countersign.personal_tokens')],
    told: ['token.revoke'],
  },
  { action: 'account/actions.ts endSession', args: async () => [await another()], told: ['session.end'] },
  {
    action: 'account/actions.ts endOtherSessions',
    args: async () => {
      await another()
      return []
    },
    told: ['session.end'],
  },
  {
    action: 'policies/actions.ts begin',
    args: () => [{ name: 'default', kind: 'policy', from: { text: yaml('/srv/a') } }],
    told: ['policy.draft'],
  },
  {
    action: 'draft/actions.ts save',
    args: async () => {
      const { draft, revision } = await shownDraft()
      return [{ name: 'default', kind: 'policy', draft, revision, base: 0, yaml: yaml('/srv/b') }]
    },
    told: ['policy.draft'],
  },
  { action: '[name]/actions.ts submit', args: async () => [{ seen: await shownDraft(), message: '' }], told: ['policy.draft'] },
  { action: '[name]/actions.ts abandon', args: async () => [{ seen: await shownDraft(), message: 'no' }], told: ['policy.draft'] },
  {
    action: 'policies/actions.ts begin',
    args: () => [{ name: 'default', kind: 'policy', from: { text: yaml('/srv/c') } }],
    told: ['policy.draft'],
  },
  { action: '[name]/actions.ts publish', args: async () => [{ seen: await shownDraft(), message: 'go' }], told: ['policy.publish'] },
  {
    action: 'policies/actions.ts begin',
    args: () => [{ name: 'default', kind: 'policy', from: { text: yaml('/srv/d') } }],
    told: ['policy.draft'],
  },
  { action: '[name]/actions.ts publish', args: async () => [{ seen: await shownDraft(), message: 'on' }], told: ['policy.publish'] },
  {
    action: '[name]/actions.ts restore',
    args: () => [{ name: 'default', to: 1, inForce: 2, reason: 'back' }],
    told: ['policy.rollback'],
  },
  {
    action: 'inbox/actions.ts vote',
    args: async () => [{ ...(await shownHold(await newHold())), verdict: 'deny', reason: 'no' }],
    told: ['vote', 'hold.denied', 'receipt'],
  },
  {
    action: 'inbox/actions.ts allowMore',
    args: async () => [{ ...(await shownHold(await newHold())), isHeld: true, choices: [], uses: 1, minutes: 5 }],
    told: ['vote', 'hold.approved', 'grant.open'],
  },
  {
    action: 'inbox/actions.ts endGrant',
    args: async () => [await value('select id from countersign.hold_grants')],
    told: ['grant.revoked'],
  },
  {
    action: 'inbox/actions.ts takeBack',
    args: async () => [{ hold: await value(`select id from countersign.holds where state = 'approved'`), reason: '' }],
    told: ['hold.revoked', 'receipt'],
  },
  { action: 'activity/actions.ts reveal', args: () => [{ call: CALL }], told: ['reveal'] },
  {
    action: 'activity/actions.ts eraseCall',
    args: () => [{ call: CALL, because: 'asked for' }],
    told: ['erasure.order'],
  },
]

/** What is no administrative act, and why the log need not hear of it; or where another test tells of it. */
const ELSEWHERE: { readonly [action: string]: string } = {
  '(console)/actions.ts leave': 'sign-in.spec.ts: a sign-out ends the session',
  'account/actions.ts proveMyself': 'sign-in.spec.ts, with a password',
  'account/actions.ts changePassword': 'sign-in.spec.ts, with a password',
  'activity/actions.ts keepView': 'a question that somebody asks again',
  'activity/actions.ts removeView': 'the same',
  '[name]/actions.ts vote': 'publish.spec.ts: nobody votes on their own draft',
  'evidence/actions.ts orderEvidence': 'console-evidence.spec.ts, with a sealed log',
  'evidence/actions.ts watchExport': 'looks',
  'draft/actions.ts findCalls': 'looks; what it reveals is told as `reveal`',
  'draft/actions.ts saveSample': 'decides nothing',
  'draft/actions.ts dropSample': 'decides nothing',
  'settings/actions.ts testTarget': 'notices.spec.ts, with a receiver',
  'settings/actions.ts retryDelivery': 'notices.spec.ts, with a receiver',
  'set-up/actions.ts setUp': 'sign-in.spec.ts: the first admin',
  'reset/[token]/actions.ts reset': 'sign-in.spec.ts: whoever has the link',
  'invite/[token]/actions.ts accept': 'sign-in.spec.ts: whoever has the link',
}

const builtAs = (action: string): BuiltAction => {
  const found = actions.find(({ name }) => name.endsWith(`/${action}`) || name.endsWith(action))
  if (!found) throw new Error(`the build has no ${action}`)
  return found
}

test('every action of the build is an act of this table, or is told of elsewhere', () => {
  const known = [...ACTS.map(({ action }) => action), ...Object.keys(ELSEWHERE)]
  expect(actions.map(({ name }) => name).filter((name) => !known.some((action) => name.endsWith(action)))).toEqual([])
})

test('each administrative act leaves its entries, once, with who did it', async () => {
  await record(opened, [{ call: CALL, args: { path: '/srv/a' } }])
  const wrong: unknown[] = []
  for (const { action, args, told } of ACTS) {
    const { id, pages } = builtAs(action)
    const given = await args()
    const mark = await markNow(owner)
    const page = (pages[0] ?? '/').replace('[name]', 'default').replace('[call]', CALL).replace('[hold]', 'H-0000000000')
    const answer = await post(opened.url, { page, action: id, cookie, ...bodyOf(given) })
    const entries = (await toldSince(owner, mark)).filter(({ type }) => !/^(?:notice[.]|erasure[.]done$)/.test(type))
    const types = entries.map(({ type }) => type)
    if (saidIn(answer)?.ok !== true || JSON.stringify(types) !== JSON.stringify(told) || !entries.every(isByAdmin))
      wrong.push({ action, said: saidIn(answer), types, told })
  }
  expect(wrong).toEqual([])
})

const isByAdmin = (entry: Told): boolean => JSON.stringify(entry).includes(admin.id) || /^(?:hold\.|receipt$)/.test(entry.type)
