import { CLEAR_CLASSES } from '../core/retention/classes'
import type { Right } from '../core/roles'

/** Whom a text is for: whoever has the right, or nobody else than its owner, who is not among those who ask. */
export type For = Right | 'nobody'

/** What is planted, one of every kind of thing there is, and whom each is for. */
export const CANARIES = {
  policyName: 'policy.read',
  policyText: 'policy.read',
  versionMessage: 'policy.read',
  draftText: 'policy.read',
  submitMessage: 'policy.read',
  voteMessage: 'policy.read',
  sampleLabel: 'policy.read',
  sampleArgument: 'activity.reveal',
  tool: 'activity.read',
  server: 'activity.read',
  principal: 'activity.read',
  sharedView: 'activity.read',
  argument: 'activity.reveal',
  heldTool: 'hold.read',
  heldPrincipal: 'hold.read',
  heldArgument: 'activity.reveal',
  gatewayHost: 'gateway.read',
  gatewayBecause: 'gateway.read',
  pinnedTool: 'pin.read',
  userName: 'user.read',
  userEmail: 'user.read',
  inviteEmail: 'user.read',
  settingsChanger: 'settings.read',
  noticeTarget: 'settings.manage',
  noticeSecret: 'nobody',
  privateView: 'nobody',
  tokenOfAnother: 'nobody',
} as const satisfies { readonly [kind: string]: For }

export type Kind = keyof typeof CANARIES

/** Lower-case and one word: it can stand in an address, a host and the name of a policy, and no page takes it apart. */
export const canary = (kind: Kind): string => `canary${kind.toLowerCase()}7d1f`

/** `address` is filled in from what was seeded; `shows` is what must be there for whoever may see it, or the crawl proves nothing. */
export type Route = {
  readonly right: Right | 'anybody'
  readonly address: string
  readonly shows: readonly Kind[]
  /** An answer that never ends: read for a moment. */
  readonly streams?: true
}

/** Every page and every route there is, as the build names them. */
export const ROUTES: { readonly [route: string]: Route } = {
  '/': { right: 'overview.read', address: '/', shows: ['tool', 'gatewayHost', 'policyName'] },
  '/activity': { right: 'activity.read', address: '/activity', shows: ['tool', 'server', 'principal', 'sharedView'] },
  '/activity/[call]': { right: 'activity.read', address: '/activity/{call}', shows: ['tool', 'server', 'principal'] },
  '/activity/newer': { right: 'activity.read', address: '/activity/newer', shows: [] },
  '/inbox': { right: 'hold.read', address: '/inbox', shows: ['heldTool', 'heldPrincipal'] },
  '/inbox/[hold]': { right: 'hold.read', address: '/inbox/{hold}', shows: ['heldTool', 'heldPrincipal', 'heldArgument'] },
  '/inbox/history': { right: 'hold.read', address: '/inbox/history', shows: [] },
  '/inbox/grants': { right: 'hold.read', address: '/inbox/grants', shows: [] },
  '/policies': { right: 'policy.read', address: '/policies', shows: ['policyName'] },
  '/policies/[name]': { right: 'policy.read', address: '/policies/{policy}', shows: ['policyName', 'versionMessage'] },
  '/policies/[name]/compare': { right: 'policy.read', address: '/policies/{policy}/compare?from=1&to=2', shows: ['policyText'] },
  '/policies/[name]/download': { right: 'policy.read', address: '/policies/{policy}/download?version=1', shows: ['policyText'] },
  '/policies/[name]/draft': {
    right: 'policy.read',
    address: '/policies/{policy}/draft?call={call}',
    shows: ['draftText', 'policyText', 'sampleLabel', 'sampleArgument', 'pinnedTool', 'argument'],
  },
  '/policies/[name]/review': { right: 'policy.read', address: '/policies/{policy}/review', shows: ['draftText', 'voteMessage'] },
  '/gateways': { right: 'gateway.read', address: '/gateways', shows: ['gatewayHost', 'gatewayBecause'] },
  '/integrity': { right: 'integrity.read', address: '/integrity?find={call}', shows: ['tool', 'server', 'principal'] },
  '/integrity/tree': { right: 'integrity.read', address: '/integrity/tree?from=1&to=2', shows: [] },
  '/integrity/log': { right: 'integrity.verify', address: '/integrity/log', shows: [] },
  '/users': { right: 'user.read', address: '/users', shows: ['userName', 'userEmail', 'inviteEmail'] },
  '/settings': { right: 'settings.read', address: '/settings', shows: ['settingsChanger', 'noticeTarget'] },
  '/evidence': { right: 'evidence.export', address: '/evidence', shows: [] },
  '/evidence/[export]': { right: 'evidence.export', address: '/evidence/00000000000000000000000000000000', shows: [] },
  '/account': { right: 'account.self', address: '/account', shows: [] },
  '/sign-in': { right: 'anybody', address: '/sign-in', shows: [] },
  '/set-up': { right: 'anybody', address: '/set-up?token=canary', shows: [] },
  '/reset/[token]': { right: 'anybody', address: '/reset/canary', shows: [] },
  '/invite/[token]': { right: 'anybody', address: '/invite/canary', shows: [] },
  '/api/auth/[...nextauth]': { right: 'anybody', address: '/api/auth/session', shows: [] },
  '/api/live/[topic]': {
    right: 'gateway.read',
    address: '/api/live/gateways,policies',
    shows: ['gatewayHost', 'policyName'],
    streams: true,
  },
  '/api/palette': { right: 'overview.read', address: '/api/palette', shows: ['policyName', 'tool'] },
  '/icon.svg': { right: 'anybody', address: '/icon.svg', shows: [] },
  '/_not-found': { right: 'anybody', address: '/nowhere', shows: [] },
  '/_global-error': { right: 'anybody', address: '/_global-error', shows: [] },
}

/** `policy.publish` and the like ask for a fresh proof too: those who ask here have just proved who they are. */
export type Action = {
  readonly right: Right | 'anybody'
  /** Forged but well-formed: whoever may is told what is wrong with it, and whoever may not is told only that. */
  readonly args: readonly unknown[]
}

const ID = '0'.repeat(32)
const SEEN = { draft: ID, revision: 1, textDigest: '0'.repeat(64) }
const CARD = { hold: 'H-0000000000', binding: '0'.repeat(64), displayed: '0'.repeat(64) }
export const FOR_EVER = Object.fromEntries(CLEAR_CLASSES.map((of) => [of, null]))
export const NO_SCOPE = { server: null, principalId: null, call: null, from: null, to: null }
const SAMPLE = {
  ...{ id: 's', from: 'written', name: 'forged', method: 'tools/call', tool: 'read_file', server: 'files' },
  ...{ principal: { id: 'local:a', assurance: 'asserted' }, session: null, facts: null },
  // One that is as large as may be sent and too large to be kept.
  args: 'x'.repeat(65_536),
}

/** A form's fields, which travel as multipart. */
export class Fields {
  constructor(readonly fields: { readonly [name: string]: string }) {}
}

/** Every server action there is: the file it stands in, and its name. */
export const ACTIONS: { readonly [action: string]: Action } = {
  'app/(console)/actions.ts leave': { right: 'anybody', args: [] },
  'app/(console)/account/actions.ts proveMyself': { right: 'account.self', args: ['not the password'] },
  'app/(console)/account/actions.ts changePassword': {
    right: 'account.self',
    args: [null, new Fields({ current: 'not the password', password: 'a long enough password 17' })],
  },
  'app/(console)/account/actions.ts endSession': { right: 'account.self', args: [ID] },
  'app/(console)/account/actions.ts endOtherSessions': { right: 'account.self', args: [] },
  'app/(console)/account/actions.ts makeToken': { right: 'account.self', args: [new Fields({ name: 'forged', days: '8' })] },
  'app/(console)/account/actions.ts dropToken': { right: 'account.self', args: [ID] },
  'app/(console)/activity/actions.ts keepView': { right: 'view.save', args: [{ name: '', query: '', shared: true }] },
  'app/(console)/activity/actions.ts removeView': { right: 'view.save', args: [ID] },
  'app/(console)/activity/actions.ts reveal': { right: 'activity.reveal', args: [{ call: '{call}' }] },
  'app/(console)/activity/actions.ts eraseCall': { right: 'retention.erase', args: [{ call: '{call}', because: ' ' }] },
  'app/(console)/evidence/actions.ts orderEvidence': {
    right: 'evidence.export',
    args: [{ ...{ from: null, to: null, server: null, agent: null, outcome: null, clearText: true }, policy: 'never-published' }],
  },
  'app/(console)/evidence/actions.ts watchExport': { right: 'evidence.export', args: [ID] },
  'app/(console)/integrity/actions.ts endAlarm': { right: 'alarm.end', args: [{ id: '999999', because: 'forged' }] },
  'app/(console)/inbox/actions.ts vote': { right: 'hold.decide', args: [{ ...CARD, verdict: 'approve', reason: '' }] },
  'app/(console)/inbox/actions.ts allowMore': {
    right: 'hold.decide',
    args: [{ ...CARD, isHeld: true, choices: [], uses: 1, minutes: 1 }],
  },
  'app/(console)/inbox/actions.ts takeBack': { right: 'hold.decide', args: [{ hold: CARD.hold, reason: '' }] },
  'app/(console)/inbox/actions.ts endGrant': { right: 'hold.decide', args: ['G-0000000000'] },
  'app/(console)/policies/actions.ts begin': {
    right: 'policy.draft',
    args: [{ name: '{policy}', kind: 'policy', from: { text: 'version: "1"' } }],
  },
  'app/(console)/policies/[name]/actions.ts submit': { right: 'policy.draft', args: [{ seen: SEEN, message: '' }] },
  'app/(console)/policies/[name]/actions.ts abandon': { right: 'policy.draft', args: [{ seen: SEEN, message: '' }] },
  'app/(console)/policies/[name]/actions.ts vote': { right: 'policy.review', args: [{ seen: SEEN, verdict: 'approve', message: '' }] },
  'app/(console)/policies/[name]/actions.ts publish': { right: 'policy.publish', args: [{ seen: SEEN, message: '' }] },
  'app/(console)/policies/[name]/actions.ts restore': {
    right: 'policy.publish',
    args: [{ name: '{policy}', to: 77, inForce: 2, reason: 'forged' }],
  },
  'app/(console)/policies/[name]/draft/actions.ts save': {
    right: 'policy.draft',
    args: [{ name: '{policy}', kind: 'policy', draft: ID, revision: 1, base: 2, yaml: 'forged' }],
  },
  'app/(console)/policies/[name]/draft/actions.ts findCalls': { right: 'activity.read', args: [{ tool: null, limit: 5 }] },
  'app/(console)/policies/[name]/draft/actions.ts saveSample': { right: 'policy.draft', args: [{ policy: '{policy}', sample: SAMPLE }] },
  'app/(console)/policies/[name]/draft/actions.ts dropSample': { right: 'policy.draft', args: [{ policy: '{policy}', id: ID }] },
  'app/(console)/settings/actions.ts setReview': { right: 'settings.manage', args: [{ review: 'off', revision: 77 }] },
  'app/(console)/settings/actions.ts setRetention': { right: 'settings.manage', args: [{ days: FOR_EVER, revision: 77 }] },
  'app/(console)/settings/actions.ts addLegalHold': { right: 'retention.hold', args: [{ scope: NO_SCOPE, because: 'forged' }] },
  'app/(console)/settings/actions.ts endLegalHold': { right: 'retention.hold', args: [{ id: ID, because: 'forged' }] },
  'app/(console)/settings/actions.ts eraseAgent': { right: 'retention.erase', args: [{ agent: 'forged', because: ' ' }] },
  'app/(console)/settings/actions.ts saveTarget': {
    right: 'settings.manage',
    args: [
      { id: null, revision: 0, isNewSecret: false, draft: { kind: 'webhook', name: 'forged', events: [], url: 'https://127.0.0.1/' } },
    ],
  },
  'app/(console)/settings/actions.ts turnTarget': { right: 'settings.manage', args: [{ id: ID, revision: 1, enabled: false }] },
  'app/(console)/settings/actions.ts deleteTarget': { right: 'settings.manage', args: [{ id: ID, revision: 1 }] },
  'app/(console)/settings/actions.ts testTarget': { right: 'settings.manage', args: [ID] },
  'app/(console)/settings/actions.ts retryDelivery': { right: 'settings.manage', args: [ID] },
  'app/(console)/users/actions.ts inviteUser': { right: 'user.manage', args: [{ email: 'no address', roles: ['admin'] }] },
  'app/(console)/users/actions.ts takeBackInvite': { right: 'user.manage', args: [ID] },
  'app/(console)/users/actions.ts changeRoles': { right: 'user.manage', args: [{ user: ID, roles: ['admin'], shown: ['viewer'] }] },
  'app/(console)/users/actions.ts changeGroups': { right: 'user.manage', args: [{ user: ID, groups: ['payments'], shown: [] }] },
  'app/(console)/users/actions.ts changeStanding': { right: 'user.manage', args: [{ user: ID, disabled: true }] },
  'app/(entry)/set-up/actions.ts setUp': {
    right: 'anybody',
    args: [null, new Fields({ token: 'forged', email: 'forged@example.org', name: 'Forged', password: 'a long enough password 17' })],
  },
  'app/(console)/users/actions.ts makeResetLink': { right: 'user.manage', args: [ID] },
  'app/(entry)/reset/[token]/actions.ts reset': {
    right: 'anybody',
    args: [null, new Fields({ token: 'forged', password: 'a long enough password 17' })],
  },
  'app/(entry)/invite/[token]/actions.ts accept': {
    right: 'anybody',
    args: [null, new Fields({ token: 'forged', name: 'Forged', password: 'a long enough password 17' })],
  },
}
