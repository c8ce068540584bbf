import type { Json } from '../json'
import type { Outcome, Principal } from '../policy/model'
import type { Role } from '../roles'
import type { AlarmEndFields, AlarmFields } from './alarm-fields'
import type { HostCertificate, WriterCertificate } from './certificate'
import type { ExportFields } from './export-fields'
import type { HoldFields } from './hold-fields'
import type { PolicyFields } from './policy-fields'
import type { DetachFields, ErasureFields, LegalHoldFields } from './retention-fields'

/** What an entry's place in the log adds to it. `seq` counts from 1, `prev` is the hash of the entry before (64 zeros for the first). */
export type EntryPlace = {
  readonly v: 1
  readonly log: string
  readonly writer: string
  readonly seq: number
  readonly prev: string
  /** ISO 8601, milliseconds, UTC, by the clock of the process that wrote it. */
  readonly at: string
}

/** SHA-256 commitments by name: `arguments`, `result`, `reason`, and one for each value that policy looked at. */
export type Commitments = { readonly [name: string]: string }

/** The entry of a decision, wherever it stands. */
export type EntryRef = { readonly writer: string; readonly seq: number }

export type DecisionFields = {
  readonly type: 'decision'
  readonly call: string
  readonly principal: Principal
  readonly server: string
  readonly session: string | null
  readonly method: string
  readonly tool: string | null
  /** SHA-256 of the full name, where `tool` could only hold part of it. */
  readonly toolDigest?: string
  readonly outcome: Outcome
  readonly rule: string | null
  readonly constraint: string | null
  readonly code: string
  readonly policy: { readonly digest: string | null; readonly version: number | null; readonly epoch: number | null }
  readonly guardrail: string | null
  readonly pin: string | null
  readonly sizeBytes: number
  /** Only what does not derive from the call's arguments. */
  readonly facts: { readonly [name: string]: Json }
  readonly commitments?: Commitments
  readonly hold?: string
  /** Of an escalation that a grant answered: which. */
  readonly grant?: string
  /** True when the decision answers `authorization/propose` and nothing was forwarded under it yet. */
  readonly proposal?: boolean
  /** The call id of the proposal this call was made under. */
  readonly under?: string
  /** From 2 on: a continuation of the same call. The decision of the leg before ends as `continued`. */
  readonly leg?: number
}

/** How a call stands. `input_required` and `task` are not its end, everything else is. */
export type ReceiptStatus = TerminalStatus | 'input_required' | 'task'
export const TERMINAL = [
  'done',
  'failed',
  'unknown',
  'cancelled',
  'not_forwarded',
  'denied',
  'expired',
  'revoked',
  'used',
  'continued',
] as const
export type TerminalStatus = (typeof TERMINAL)[number]

export type ReceiptFields = {
  readonly type: 'receipt'
  readonly call: string
  readonly decision: EntryRef
  readonly status: ReceiptStatus
  readonly code: string | null
  readonly startedAt: string | null
  readonly durationMs: number | null
  readonly sizeBytes: number | null
  /** What a later answer will be known by, where this one was not the last. */
  readonly continuation?: string
  readonly commitments?: Commitments
}

/** Refusals that were answered and could not be recorded at the time. */
export type RefusalsFields = {
  readonly type: 'refusals'
  readonly count: number
  readonly since: string
  readonly until: string
  readonly because: string
}

export type WriterFields =
  | { readonly type: 'writer.open'; readonly role: string; readonly host: HostCertificate; readonly certificate: WriterCertificate }
  | { readonly type: 'writer.heartbeat'; readonly count: number }
  | { readonly type: 'writer.close'; readonly count: number }
  | {
      readonly type: 'writer.lost'
      readonly lost: string
      readonly head: { readonly seq: number; readonly hash: string }
      readonly open: number
    }

export type PinFields =
  | {
      readonly type: 'pin.baseline' | 'pin.changed'
      readonly server: string
      readonly tool: string
      readonly digest: string
      readonly before: string | null
    }
  | {
      readonly type: 'pin.accepted'
      readonly actor: string
      readonly server: string
      readonly tool: string
      readonly digest: string
      readonly before: string | null
    }

/** How somebody proved who they are. */
export type SignInMethod = 'password' | 'oidc'

/** Why a session is over. `replaced`: the same browser signed in anew. */
export const SESSION_ENDS = [
  'signed_out',
  'ended_elsewhere',
  'password_changed',
  'roles_changed',
  'disabled',
  'replaced',
  'idle',
  'expired',
] as const
export type SessionEnd = (typeof SESSION_ENDS)[number]

/** Why somebody was not let in; the person is told less. */
export type SessionRefusal = 'unknown_user' | 'no_password' | 'wrong_password' | 'disabled' | 'not_invited' | 'email_not_verified'

/**
 * People's sessions. `user` and `session` are ids of 32 hexadecimal digits, `address` is where the request came from. What was typed as an
 * unknown account is not recorded: people type passwords there.
 */
export type SessionFields =
  | {
      readonly type: 'session.start'
      readonly session: string
      readonly user: string
      readonly method: SignInMethod
      readonly address: string | null
      readonly agent: string | null
    }
  | {
      readonly type: 'session.end'
      readonly session: string
      readonly user: string
      /** Whose doing it was; null where time ran out. */
      readonly actor: string | null
      readonly because: SessionEnd
      readonly address: string | null
    }
  | {
      readonly type: 'session.proved'
      readonly session: string
      readonly user: string
      readonly method: SignInMethod
      readonly address: string | null
    }
  | {
      readonly type: 'session.refused'
      readonly user: string | null
      /** The session in which somebody was to prove anew who they are. */
      readonly session: string | null
      readonly method: SignInMethod
      readonly because: SessionRefusal
      readonly address: string | null
    }
  | {
      /** Attempts that were turned away unread, counted because an attacker must not be able to flood the log. */
      readonly type: 'session.throttled'
      /** What the bucket was for: an account, or an address. */
      readonly scope: 'account' | 'address'
      readonly user: string | null
      readonly address: string | null
      readonly count: number
      readonly since: string
    }

/** `actor` and `user` are ids of users; `address` is where the actor's request came from. */
export type UserFields =
  | {
      readonly type: 'user.invite' | 'user.uninvite'
      readonly actor: string
      readonly invite: string
      readonly email: string
      readonly roles: readonly Role[]
      readonly address: string | null
    }
  | {
      readonly type: 'user.join'
      readonly user: string
      readonly email: string
      readonly name: string
      readonly roles: readonly Role[]
      readonly by: 'set_up' | 'invite' | 'domain'
      readonly invite: string | null
      readonly address: string | null
    }
  | {
      readonly type: 'user.roles'
      readonly actor: string
      readonly user: string
      readonly before: readonly Role[]
      readonly after: readonly Role[]
      readonly address: string | null
    }
  | {
      /** The groups somebody is in, by name. */
      readonly type: 'user.groups'
      readonly actor: string
      readonly user: string
      readonly before: readonly string[]
      readonly after: readonly string[]
      readonly address: string | null
    }
  | {
      readonly type: 'user.disable' | 'user.enable'
      readonly actor: string
      readonly user: string
      readonly address: string | null
    }
  | {
      readonly type: 'user.password'
      readonly actor: string
      readonly user: string
      /** Absent where the password of before was given; `reset`: by a link that an admin made. */
      readonly by?: 'reset'
      readonly address: string | null
    }
  | {
      /** A link was made with which `user` chooses a new password, until `expires`. */
      readonly type: 'user.reset'
      readonly actor: string
      readonly user: string
      readonly expires: string
      readonly address: string | null
    }
  | {
      /** The first time somebody came from this OpenID provider. */
      readonly type: 'user.link'
      readonly user: string
      readonly issuer: string
      readonly address: string | null
    }
  | {
      readonly type: 'token.create' | 'token.revoke'
      readonly actor: string
      readonly user: string
      readonly token: string
      readonly name: string
      readonly address: string | null
    }

/**
 * Somebody had clear text of recorded calls shown. Of one call, `revealed` names the commitments that were opened, each as
 * `<writer>/<entry's number>/<name>`; of a look at many at once, `calls` names the calls.
 */
export type RevealFields = { readonly type: 'reveal'; readonly actor: string; readonly address: string | null } & (
  | { readonly call: string; readonly revealed: readonly string[] }
  | { readonly calls: readonly string[] }
)

/** In which way a request to the console was none of its pages' own, or not its sender's to make. */
export type RequestRefusal =
  | 'wrong_origin'
  | 'wrong_host'
  | 'unknown_action'
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'

/**
 * Requests to the console that were refused and changed nothing. The first of a kind is an entry at once, those that follow are counted
 * and told once a minute: nobody outside can flood the log. `actor` is null for whoever is not signed in, `address` too where there were
 * more of them than are told apart; `right` is what was asked for, where that is known.
 */
export type RequestFields = {
  readonly type: 'request.refused'
  readonly because: RequestRefusal
  readonly right: string | null
  readonly actor: string | null
  readonly address: string | null
  readonly count: number
  readonly since: string
}

/** A change of how a process is set up. Values never carry secrets. */
export type ConfigFields = {
  readonly type: `config.${string}`
  readonly actor: string
  readonly before: Json
  readonly after: Json
}

/** Everything that can be written today. An entry of a type from a newer release is read as its base and its type. */
export type EntryFields =
  | DecisionFields
  | ReceiptFields
  | RefusalsFields
  | WriterFields
  | HoldFields
  | PolicyFields
  | PinFields
  | SessionFields
  | UserFields
  | RevealFields
  | RequestFields
  | ExportFields
  | ErasureFields
  | DetachFields
  | LegalHoldFields
  | AlarmFields
  | AlarmEndFields
  | ConfigFields

export type Entry = EntryPlace & { readonly type: string } & { readonly [field: string]: Json }

/** The indexed copies of an entry's fields. They serve search; the text is what counts. */
export type EntryColumns = {
  readonly type: string
  readonly call: string | null
  readonly outcome: string | null
  readonly server: string | null
  readonly tool: string | null
  readonly principal: string | null
}

/** The columns an entry must stand under: empty strings and fields of another type are null. */
export function columnsOf(fields: { readonly type: string; readonly [field: string]: unknown }): EntryColumns {
  const principal = fields.principal
  return {
    type: fields.type,
    call: textOrNull(fields.call),
    outcome: textOrNull(fields.outcome ?? fields.status),
    server: textOrNull(fields.server),
    tool: textOrNull(fields.tool),
    principal: typeof principal === 'object' && principal !== null && 'id' in principal ? textOrNull(principal.id) : null,
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const NAME_LIMIT = 256
// Line breaks would tear a batch apart on its way in, and PostgreSQL can't hold a NUL: no control character enters a name.
const UNFIT = /[\p{Cc}\p{Cs}]/gu

/** A name from outside as an entry holds it: well-formed, no control characters, at most 256 UTF-16 units. */
export function recordedName(name: string): string {
  return name.slice(0, NAME_LIMIT).replace(UNFIT, '\u{fffd}')
}

export const isTerminal = (status: unknown): status is TerminalStatus => (TERMINAL as readonly unknown[]).includes(status)
