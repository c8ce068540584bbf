import type { Json } from '../json'
import type { Outcome, Place } from './model'

/** Bump when the same text could be judged differently; part of every digest. */
export const LANGUAGE_VERSION = '1'

/** `within`: roots. `encoding: literal` takes the string as the file system does. `relativeTo`: base of relative paths. */
export type PathsForm = {
  readonly within: readonly string[]
  readonly args?: readonly string[]
  readonly encoding?: 'strict' | 'literal'
  readonly relativeTo?: string
}

export type DomainsForm = {
  readonly domains: readonly string[]
  readonly args?: readonly string[]
  readonly schemes?: readonly string[]
  readonly ports?: readonly number[]
  readonly privateAddresses?: 'deny' | 'allow'
}

export type CommandsForm = { readonly exact?: readonly string[]; readonly patterns?: readonly string[]; readonly args?: readonly string[] }

/** Bounds on the argument at a dotted path (`args.` may be omitted). Decimals are JSON numbers or decimal strings. */
export type RangeForm = { readonly min?: number | string; readonly max?: number | string }

export type RateForm = { readonly calls: number; readonly per: string; readonly by: 'principal' | 'session' | 'server' | 'tool' | 'rule' }

/** Alias-normalised: every bare list has become its object form. */
export type ConstraintForms = {
  readonly allowedPaths?: PathsForm
  readonly deniedPaths?: PathsForm
  readonly allowedDomains?: DomainsForm
  readonly deniedDomains?: DomainsForm
  readonly allowedCommands?: CommandsForm
  /** Argument path -> the values it may have (JSON equality). */
  readonly allowedValues?: { readonly [arg: string]: readonly Json[] }
  /** Argument path -> RE2 pattern that must match the whole string. */
  readonly matches?: { readonly [arg: string]: string }
  readonly numberRange?: { readonly [arg: string]: RangeForm }
  readonly lengthRange?: { readonly [arg: string]: { readonly min?: number; readonly max?: number } }
  readonly maxItems?: { readonly [arg: string]: number }
  readonly noUnknownArguments?: boolean
  readonly rateLimit?: RateForm
}

export type ConstraintName = keyof ConstraintForms

export type Operator = 'equals' | 'not' | 'startsWith' | 'endsWith' | 'contains' | 'matches' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'exists'

/**
 * A condition. `subject` is `args.<dotted path>`, `annotations.<name>` (of the pinned definition), `time.hour|weekday|date` (UTC),
 * `session.calls|ageMinutes`, or `tool.listed|pinned`. Several tests on one subject, and several subjects, are `all`.
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly subject: string; readonly operator: Operator; readonly value: Json }

export type PrincipalSelector = { readonly match: readonly string[]; readonly asserted: 'ok' | 'refuse' }

/** Durations stay as written (`15m`): the digest covers the text's meaning, compile turns them into milliseconds. */
export type ApprovalForm = {
  readonly approvers?: readonly string[]
  readonly quorum?: number
  readonly expires?: string
  readonly useWithin?: string
  readonly notify?: readonly string[]
}

export type Rule = {
  readonly id?: string
  /** Globs; absent only when `method` is given. */
  readonly tool?: readonly string[]
  readonly server?: readonly string[]
  readonly principal?: PrincipalSelector
  /** Globs over method names; absent means exactly `tools/call`. */
  readonly method?: readonly string[]
  readonly when?: Condition
  readonly action: Outcome
  readonly otherwise?: 'escalate'
  readonly constraints?: ConstraintForms
  readonly reason?: string
  readonly approval?: ApprovalForm
  readonly metadata?: { readonly [key: string]: Json }
}

/** One case of `tests:` or of `<name>.cases.yaml`. */
export type Case = {
  readonly name?: string
  readonly call: {
    readonly tool?: string
    readonly method?: string
    readonly server?: string
    readonly principal?: string
    readonly authenticated?: boolean
    readonly args?: { readonly [key: string]: Json }
    readonly annotations?: { readonly [key: string]: Json }
    readonly at?: string
  }
  readonly expect: Outcome
  readonly rule?: string
  readonly constraint?: string
}

/** Plain JSON: what the digest covers. A guardrail's default is `none`: no opinion. */
export type PolicyDocument = {
  readonly kind: 'policy' | 'guardrail'
  readonly version: '1'
  readonly default: Outcome | 'none'
  readonly rules: readonly Rule[]
  readonly approval?: ApprovalForm
  readonly metadata?: { readonly [key: string]: Json }
  readonly tests?: readonly Case[]
}

/** Where things stand in the text the document was read from; parallel to `rules`. */
export type Places = { readonly rules: readonly Place[] }
