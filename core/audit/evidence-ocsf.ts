import { type Members, membersOf } from './evidence'

/** OCSF 1.3 API Activity: class 6003 of category 6 (application activity), activity 99 (other: a tool call). */
const CLASS = { category_uid: 6, class_uid: 6003, activity_id: 99, type_uid: 600_399 } as const
const NAMES = { category_name: 'Application Activity', class_name: 'API Activity', activity_name: 'Tool call' } as const

/** Severity: informational, low, medium. */
const SEVERITY = { allow: 1, escalate: 2, deny: 3 } as const
const STATUS_FAILURE = 2
const STATUS_SUCCESS = 1
const STATUS_UNKNOWN = 0

/** A decision or a receipt as an OCSF event, one line of JSON; null for any other entry: those are no API activity. */
export function ocsfLine(index: number, entry: Members | null, integrity: string, version: string): string | null {
  if (entry?.type !== 'decision' && entry?.type !== 'receipt') return null
  const outcome = textOf(entry.outcome)
  return JSON.stringify({
    ...CLASS,
    ...NAMES,
    time: timeOf(entry.at),
    severity_id: outcome === 'deny' ? SEVERITY.deny : outcome === 'escalate' ? SEVERITY.escalate : SEVERITY.allow,
    ...statusOf(entry),
    metadata: {
      version: '1.3.0',
      uid: `${textOf(entry.writer)}:${numberOf(entry.seq)}`,
      product: { name: 'Countersign', vendor_name: 'Countersign', version },
      profiles: ['security_control'],
      log_name: textOf(entry.log),
      sequence: index,
    },
    actor: { user: { uid: textOf(membersOf(entry.principal)?.id), type: 'agent', type_id: 99 } },
    src_endpoint: { name: textOf(membersOf(entry.principal)?.id), uid: textOf(entry.writer) },
    api: {
      operation: textOf(entry.tool ?? entry.method),
      service: { name: textOf(entry.server) },
      request: { uid: textOf(entry.call) },
    },
    unmapped: { countersign: { index, integrity, type: entry.type, ...pick(entry) } },
  })
}

function statusOf({ type, outcome, status, code }: Members) {
  if (type === 'decision') {
    const isDenied = outcome === 'deny'
    const action =
      outcome === 'allow'
        ? { action_id: 1, action: 'Allowed' }
        : isDenied
          ? { action_id: 2, action: 'Denied' }
          : { action_id: 99, action: 'Held' }
    return { ...action, status_id: isDenied ? STATUS_FAILURE : STATUS_SUCCESS, status_code: textOf(code), status_detail: textOf(outcome) }
  }
  const id = status === 'done' ? STATUS_SUCCESS : status === 'unknown' ? STATUS_UNKNOWN : STATUS_FAILURE
  return { status_id: id, status_code: textOf(code), status_detail: textOf(status) }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed() : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
const timeOf = (at: unknown): number => (typeof at === 'string' && Number.isFinite(Date.parse(at)) ? Date.parse(at) : 0)

const KEPT = ['rule', 'constraint', 'policy', 'guardrail', 'pin', 'hold', 'grant', 'durationMs', 'sizeBytes'] as const

const pick = (entry: Members): Members =>
  Object.fromEntries(KEPT.flatMap((name) => (entry[name] === undefined ? [] : [[name, entry[name]]])))
