import type { Outcome } from '../../core/outcome'
import type { PersonShown } from '../policies/person-name'

/** What is asked for, as it is typed and as the address has it: '' is any, times are days in UTC. */
export type Asked = {
  readonly from: string
  readonly to: string
  readonly server: string
  readonly agent: string
  readonly policy: string
  readonly outcome: string
  readonly clear: boolean
}
export const NOTHING_ASKED: Asked = { from: '', to: '', server: '', agent: '', policy: '', outcome: '', clear: false }

export type Scope = {
  readonly from: string | null
  readonly to: string | null
  readonly server: string | null
  readonly agent: string | null
  readonly policy: string | null
  readonly outcome: 'allow' | 'deny' | 'escalate' | null
  readonly clearText: boolean
}

export const OUTCOMES = ['allow', 'deny', 'escalate'] as const

export function scopeOf({ from, to, server, agent, policy, outcome, clear }: Asked): Scope {
  const name = (text: string) => (text.trim() === '' ? null : text.trim())
  const day = (text: string) => (/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00.000Z` : null)
  return {
    from: day(from),
    to: day(to),
    server: name(server),
    agent: name(agent),
    policy: name(policy),
    outcome: OUTCOMES.find((each) => each === outcome) ?? null,
    clearText: clear,
  }
}

/** The same on the command line. */
export function commandOf(scope: Scope): string {
  const { from, to, server, agent, policy, outcome, clearText } = scope
  const word = (text: string) => (/^[A-Za-z0-9@%+=:,./_-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
  const options = Object.entries({ from: from?.slice(0, 10) ?? null, to: to?.slice(0, 10) ?? null, server, agent, policy, outcome })
  const given = options.flatMap(([name, value]) => (value === null ? [] : [`--${name} ${word(value)}`]))
  return ['countersign export', ...given, ...(clearText ? ['--clear-text'] : []), '--out evidence.zip'].join(' ')
}

export const addressOf = (asked: Asked): string => {
  const given = Object.entries({ ...asked, clear: asked.clear ? '1' : '' }).filter(([, value]) => value !== '')
  return given.length === 0 ? '/evidence' : `/evidence?${new URLSearchParams(given)}`
}

/** `calls` is null where counting took too long. */
export type EstimateShown = { readonly calls: number | null; readonly isMore: boolean; readonly sealed: number; readonly unsealed: number }

export type ExportSeen = {
  readonly state: 'ordered' | 'running' | 'over' | 'failed'
  readonly done: number
  readonly total: number
  /** Whether it can be fetched, from its beginning or from where a download was cut off. */
  readonly isKept: boolean
  readonly end: {
    readonly entries: number
    readonly isDamaged: boolean
    readonly sentence: string
    readonly gaps: readonly string[]
  } | null
}

/** An export that whoever looks ordered in this console, and can still fetch. */
export type OwnExport = { readonly id: string; readonly at: string; readonly seen: ExportSeen }

export type OrderEvidence = (scope: Scope) => Promise<Outcome<string>>
export type WatchExport = (id: string) => Promise<Outcome<ExportSeen>>

/** An export as the log tells of it. Names may be hostile. */
export type ExportShown = {
  readonly key: string
  readonly at: string
  readonly by: PersonShown
  readonly form: string
  readonly scope: readonly { readonly name: string; readonly value: string }[]
  readonly entries: number | null
  readonly clearText: boolean
}
