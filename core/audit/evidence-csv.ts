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

/** Most of what an entry holds; it needs neither quotes nor a second look. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_ .:/-]*$/

/** What a spreadsheet would take for a formula, whatever blanks, controls or wide forms stand before it. */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/u

/** One cell (RFC 4180), which no spreadsheet runs: what begins like a formula gets an apostrophe in front. */
export function csvCell(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value === '') return ''
  if (PLAIN.test(value)) return value
  const text = value.toWellFormed().replaceAll('\0', '\ufffd')
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

/** One entry as a row. `entry` is null for a text that can't be read. */
export function csvRow(index: number, entry: Members | null, integrity: Integrity): string {
  if (!entry) return `${index}${','.repeat(COLUMNS.length - 1)}${csvCell(integrity)}\r\n`
  const principal = membersOf(entry.principal)
  const policy = membersOf(entry.policy)
  let row = String(index)
  for (const column of REST) row += `,${csvCell(cellOf(column, entry, principal, policy) ?? integrity)}`
  return `${row}\r\n`
}

type Column = (typeof COLUMNS)[number]
const REST = COLUMNS.slice(1)

/** What stands in a column; undefined for the one that the entry does not fill itself. */
function cellOf(column: Column, entry: Members, principal: Members | null, policy: Members | null): unknown {
  if (column === 'integrity') return undefined
  if (column === 'principal') return principal?.id ?? entry.principal ?? null
  if (column === 'assurance') return principal?.assurance ?? null
  if (column === 'policy') return policy?.digest ?? entry.policy ?? null
  if (column === 'actor') return entry.actor ?? entry.voter ?? null
  return entry[column] ?? null
}
