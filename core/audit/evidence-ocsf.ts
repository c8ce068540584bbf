import { type Members, membersOf } from './evidence'

/** OCSF 1.3 API Activity: class 6003 of category 6 (application activity), activity 99 (other: a tool call). */
const CLASS =
  '"category_uid":6,"category_name":"Application Activity","class_uid":6003,"class_name":"API Activity","activity_id":99,"activity_name":"Tool call","type_uid":600399'

/** Severity: informational, low, medium. */
const SEVERITY: { readonly [outcome: string]: number } = { allow: 1, escalate: 2, deny: 3 }
const ACTIONS: { readonly [outcome: string]: string } = {
  allow: '"action_id":1,"action":"Allowed",',
  deny: '"action_id":2,"action":"Denied",',
  escalate: '"action_id":99,"action":"Held",',
}
const STATUSES: { readonly [status: string]: number } = { allow: 1, escalate: 1, deny: 2, done: 1, unknown: 0 }
const STATUS_FAILURE = 2

/**
 * A decision or a receipt as an OCSF event, one line of JSON; null for any other entry: those are no API activity. Put together as text,
 * because an object for each of millions of entries would cost more than all that is verified of them.
 */
export function ocsfLine(index: number, entry: Members | null, integrity: string, version: string): string | null {
  if (entry?.type !== 'decision' && entry?.type !== 'receipt') return null
  const result = textOf(entry.type === 'decision' ? entry.outcome : entry.status)
  const who = quoted(textOf(membersOf(entry.principal)?.id))
  const head = `{${CLASS},"time":${timeOf(entry.at)},"severity_id":${SEVERITY[result] ?? 1}`
  const status = `${ACTIONS[result] ?? ''}"status_id":${STATUSES[result] ?? STATUS_FAILURE},"status_code":${quoted(textOf(entry.code))},"status_detail":${quoted(result)}`
  const product = `"product":{"name":"Countersign","vendor_name":"Countersign","version":${quoted(version)}}`
  const uid = quoted(`${textOf(entry.writer)}:${typeof entry.seq === 'number' ? entry.seq : 0}`)
  const metadata = `"metadata":{"version":"1.3.0","profiles":["security_control"],${product},"log_name":${quoted(textOf(entry.log))},"sequence":${index},"uid":${uid}}`
  const from = `"actor":{"user":{"uid":${who},"type":"agent","type_id":99}},"src_endpoint":{"name":${who}}`
  const operation = quoted(textOf(entry.tool ?? entry.method))
  const api = `"api":{"operation":${operation},"service":{"name":${quoted(textOf(entry.server))}},"request":{"uid":${quoted(textOf(entry.call))}}}`
  return `${head},${status},${metadata},${from},${api},"unmapped":{"countersign":{"integrity":${quoted(integrity)},"type":"${entry.type}"${kept(entry)}}}}`
}

const KEPT = ['rule', 'constraint', 'policy', 'guardrail', 'pin', 'hold', 'grant', 'durationMs', 'sizeBytes'] as const

function kept(entry: Members): string {
  let text = ''
  for (const name of KEPT) {
    const value = entry[name]
    if (value === undefined || value === null) continue
    text += `,"${name}":${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`
  }
  return text
}

/** Printable ASCII but for quote and backslash is its own JSON between quotes. */
const PLAIN = /^[ !#-[\]-~]*$/
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text.toWellFormed()))
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function timeOf(at: unknown): number {
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
  return Number.isFinite(time) ? time : 0
}
