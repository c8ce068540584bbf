/** The group roles of the schema; each login role is a member of exactly one. */
export const GROUP_ROLES = ['gateway', 'console', 'sealer', 'auditor'] as const
export type GroupRole = (typeof GROUP_ROLES)[number]

export const groupRoleOf = (role: GroupRole): string => `countersign_${role}`

export type Verb = 'select' | 'insert' | 'update' | 'delete' | 'truncate'

/** A verb on a whole table, or an update of the named columns only. */
export type Grant = Verb | { readonly update: readonly string[] }

const everyone = (verb: Verb): { readonly [role in GroupRole]: readonly Grant[] } => ({
  gateway: [verb],
  console: [verb],
  sealer: [verb],
  auditor: [verb],
})
const toRead = everyone('select')
const consoleOnly = (...grants: Grant[]): { readonly [role in GroupRole]: readonly Grant[] } => ({
  gateway: [],
  console: grants,
  sealer: [],
  auditor: [],
})
const holdMoves = ['state', 'use_by', 'decided_at', 'ended_at', 'because']
const grantEnds = ['ended_at', 'ended_by', 'ended_because']

/**
 * Who may do what to which table (DESIGN §6). db/migrations/0003_grants.sql grants it and a test tries every verb as every role. What is
 * not here is refused: nobody but a definer function writes `entries`, `writers`, `log`, `publications` and what seals the log.
 */
export const TABLE_GRANTS: { readonly [table: string]: { readonly [role in GroupRole]: readonly Grant[] } } = {
  compatibility: toRead,
  migrations: toRead,
  log: toRead,
  writers: toRead,
  entries: toRead,
  disclosures: { ...consoleOnly('select'), auditor: ['select'] },
  retention: { ...consoleOnly('select', { update: ['days', 'revision', 'changed_by', 'changed_at'] }), auditor: ['select'] },
  retention_marks: consoleOnly(),
  legal_holds: { ...consoleOnly('select', 'insert', { update: ['lifted_at', 'lifted_by', 'lifted_because'] }), auditor: ['select'] },
  erasures: { ...consoleOnly('select'), auditor: ['select'] },
  policies: { ...toRead, console: ['select', 'insert'] },
  policy_versions: { ...toRead, console: ['select', 'insert'] },
  publications: toRead,
  pin_baselines: { ...toRead, gateway: ['select', 'insert'] },
  pins: {
    ...toRead,
    gateway: ['select', 'insert', { update: ['state', 'seen_at'] }],
    console: ['select', { update: ['state', 'accepted_at', 'accepted_by'] }],
  },
  holds: {
    gateway: ['select', 'insert', { update: [...holdMoves, 'claimed_by', 'claimed_at'] }],
    console: ['select', { update: holdMoves }],
    sealer: [],
    auditor: ['select'],
  },
  votes: { gateway: ['select'], console: ['select', 'insert'], sealer: [], auditor: ['select'] },
  hold_looks: { ...consoleOnly('select', 'insert'), auditor: ['select'] },
  hold_grants: {
    gateway: ['select', { update: ['used', ...grantEnds] }],
    console: ['select', 'insert', { update: grantEnds }],
    sealer: [],
    auditor: ['select'],
  },
  groups: { ...consoleOnly('select', 'insert'), auditor: ['select'] },
  group_members: { ...consoleOnly('select', 'insert', 'delete'), auditor: ['select'] },
  gateways: { ...toRead, gateway: ['select', 'insert', 'update'], console: ['select', 'delete'] },
  users: { ...consoleOnly('select', 'insert', { update: ['name', 'roles', 'disabled_at'] }), auditor: ['select'] },
  passwords: consoleOnly('select', 'insert', { update: ['hash', 'changed_at'] }),
  identities: consoleOnly('select', 'insert'),
  sessions: consoleOnly('select', 'insert', { update: ['seen_at', 'proved_at', 'ended_at', 'ended_because'] }),
  invites: consoleOnly('select', 'insert', { update: ['token_hash', 'roles', 'expires_at', 'used_at', 'used_by', 'cancelled_at'] }),
  password_resets: consoleOnly('select', 'insert', { update: ['token_hash', 'made_by', 'created_at', 'expires_at', 'used_at'] }),
  set_up: consoleOnly('select', 'insert', { update: ['token_hash', 'created_at', 'expires_at', 'used_at', 'used_by'] }),
  personal_tokens: consoleOnly('select', 'insert', { update: ['seen_at', 'revoked_at'] }),
  throttle: consoleOnly('select', 'insert', 'update', 'delete'),
  drafts: {
    ...consoleOnly('select', 'insert', { update: ['base', 'revision', 'state', 'published_as', 'changed_at'] }),
    auditor: ['select'],
  },
  draft_revisions: { ...consoleOnly('select', 'insert'), auditor: ['select'] },
  reviews: { ...consoleOnly('select', 'insert'), auditor: ['select'] },
  settings: {
    ...consoleOnly('select', { update: ['review', 'revision', 'changed_by', 'changed_at', 'console_url'] }),
    auditor: ['select'],
  },
  samples: { ...consoleOnly('select', 'insert', 'delete'), auditor: ['select'] },
  activity: { ...consoleOnly('select'), auditor: ['select'] },
  activity_names: { ...consoleOnly('select'), auditor: ['select'] },
  activity_marks: { ...consoleOnly('select'), auditor: ['select'] },
  activity_early: consoleOnly(),
  tallies: { ...consoleOnly('select'), auditor: ['select'] },
  saved_views: consoleOnly('select', 'insert', { update: ['query', 'shared'] }, 'delete'),
  notice_targets: consoleOnly(
    'select',
    'insert',
    { update: ['name', 'address', 'setup', 'sealed', 'key', 'events', 'enabled', 'revision', 'changed_by', 'changed_at'] },
    'delete',
  ),
  too_many_holds: { ...consoleOnly('select'), auditor: ['select'] },
  notices: consoleOnly('select', 'insert', { update: ['state', 'attempts', 'attempts_left', 'next_at', 'ended_at'] }, 'delete'),
  notice_attempts: consoleOnly('select', 'insert'),
  seal_runs: toRead,
  tiles: toRead,
  checkpoints: toRead,
  cosignatures: toRead,
  seal_state: toRead,
  seal_marks: toRead,
  rememberers: toRead,
  seal_alarms: toRead,
  alarm_reports: { ...consoleOnly('select'), auditor: ['select'] },
  sealers: toRead,
  log_rotations: toRead,
}

const toAppend: readonly GroupRole[] = ['gateway', 'console']

/** Who may call which function. A trigger's function is called by nobody. */
export const FUNCTION_GRANTS: { readonly [name: string]: readonly GroupRole[] } = {
  refuse_rewrite: [],
  guard_partition: [],
  guard_pin: [],
  guard_hold: [],
  guard_draft: [],
  tell_gateway: [],
  writer_lock: [],
  open_writer: toAppend,
  retake_writer: toAppend,
  append: toAppend,
  append_disclosing: toAppend,
  heartbeat: toAppend,
  close_writer: toAppend,
  close_orphan: toAppend,
  create_months: toAppend,
  name_log: toAppend,
  may_move_hold: toAppend,
  guard_vote: [],
  guard_grant: [],
  hold_voters: toAppend,
  grant_maker: toAppend,
  console_url: toAppend,
  next_epoch: ['console'],
  keep_version: ['console'],
  facet: ['console'],
  decision_names: [],
  receipt_facts: [],
  fold_activity: ['console'],
  fold_names: [],
  fold_decisions: [],
  fold_early: [],
  publish: ['console'],
  is_told: [],
  tell_of_hold: [],
  guard_seal: [],
  take_seal: ['sealer'],
  beat_seal: ['sealer'],
  leave_seal: ['sealer'],
  hold_seal: ['sealer'],
  seal_round: ['sealer'],
  keep_cosignature: ['sealer'],
  end_alarm: ['sealer'],
  raise_alarm: ['gateway', 'console', 'sealer'],
  report_alarm: toAppend,
  end_alarm_because: ['console'],
  enroll_sealer: ['sealer'],
  retire_sealer: ['console'],
  guard_log_key: [],
  rotate_log_key: ['sealer'],
  remember_checkpoint: toAppend,
  tell_of_too_many: ['gateway'],
  guard_legal_hold: [],
  guard_vote_text: [],
  under_legal_hold: ['console'],
  clear_class: [],
  erase_due: ['console'],
  order_erasure: ['console'],
  erase_calls: [],
  erase_ordered: ['console'],
}
