import { type Members, membersOf } from './evidence'

const COLUMNS = [
  'index',
  'at',
  'type',
  'call',
  'principal',
  'assurance',
  'server',
  'tool',
  'method',
  'outcome',
  'status',
  'rule',
  'constraint',
  'code',
  'policy',
  'hold',
  'actor',
  'writer',
  'seq',
  'integrity',
] as const

/** `as sealed`, or what is wrong with this entry: a view says it in every row. */
export type Integrity = string

export const CSV_HEAD = `${COLUMNS.join(',')}\r\n`

/** What a spreadsheet would take for a formula, whatever blanks, controls or wide forms stand before it. */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/u

/** One cell (RFC 4180), which no spreadsheet runs: what begins like a formula gets an apostrophe in front. */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = value.toWellFormed().replaceAll('\0', '\ufffd')
  const inert = FORMULA.test(text) ? `'${text}` : text
  return /^[\w .:/'-]*$/.test(inert) ? inert : `"${inert.replaceAll('"', '""')}"`
}

/** One entry as a row. `entry` is null for a text that can't be read. */
export function csvRow(index: number, entry: Members | null, integrity: Integrity): string {
  const principal = membersOf(entry?.principal)
  const policy = membersOf(entry?.policy)
  const special: { readonly [column: string]: unknown } = {
    index,
    principal: principal?.id ?? entry?.principal,
    assurance: principal?.assurance,
    policy: policy?.digest ?? entry?.policy,
    actor: entry?.actor ?? entry?.voter,
    integrity,
  }
  return `${COLUMNS.map((column) => csvCell(cellOf(special[column] ?? entry?.[column]))).join(',')}\r\n`
}

const cellOf = (value: unknown): string | number | null => (typeof value === 'string' || typeof value === 'number' ? value : null)
