import type { Json } from '../json'
import type { Outcome, Principal } from '../policy/model'
import type { HostCertificate, WriterCertificate } from './certificate'

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

/** `binding` and `likeness` are hexadecimal digests; times are ISO 8601 by the database's clock. */
export type HoldFields =
  | {
      readonly type: 'hold.open'
      readonly hold: string
      readonly call: string
      readonly server: string
      readonly tool: string | null
      readonly binding: string
      readonly likeness: string
      readonly approvals: Json
      readonly decideBy: string
    }
  | { readonly type: 'hold.expired'; readonly hold: string; readonly call: string; readonly decision: EntryRef }

export type PolicyFields = {
  readonly type: 'policy.publish' | 'policy.rollback'
  readonly actor: string
  readonly name: string
  readonly version: number
  readonly digest: string
  /** SHA-256 of the YAML as it was given. */
  readonly textDigest: string
  readonly epoch: number
  /** The digest in force before; null for the first. */
  readonly before: string | null
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
