import { createInterface } from 'node:readline'
import { quote } from '../core/quote'

/** Where a command prints. Its JSON lines and its tables say the same; errors are one sentence on stderr. */
export type Terminal = {
  readonly json: boolean
  /** One fact: `record` as a JSON line, or `text` for people. Foreign strings in `text` went through `foreign`. */
  say(text: string, record: unknown): void
  /** Many facts of one kind: a JSON line each, or one aligned table; `empty` is what people read when there is none. */
  table<Row>(rows: readonly Row[], columns: Columns<Row>, empty: string): void
  /** A sentence on stderr: an error, a warning, progress. */
  note(sentence: string): void
  /** One line that somebody types in answer; null where nobody sits there. */
  ask(question: string): Promise<string | null>
}

/** Heading -> cell. Cells that come from outside go through `foreign` by the table itself. */
export type Columns<Row> = { readonly [heading: string]: (row: Row) => string | number | null }

/** A name from outside: bare when it is plain printable ASCII without blanks, else quoted and escaped. */
export const foreign = (text: string): string => (/^[!#-[\]-~]{1,120}$/.test(text) ? text : quote(text))

/** A cell may hold single blanks as well: `2026-01-01 10:00`, `rule 2`. */
const cell = (value: string | number | null): string => {
  if (value === null || value === '') return '–'
  const text = String(value)
  return /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/.test(text) && text.length <= 160 ? text : quote(text)
}

type Streams = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly stdin?: NodeJS.ReadStream
}

export const openTerminal = (json: boolean, { stdout, stderr, stdin }: Streams): Terminal => ({
  json,
  say: (text, record) => void stdout.write(json ? jsonLine(record) : `${inert(text)}\n`),
  table: (rows, columns, empty) => {
    if (json) for (const row of rows) stdout.write(jsonLine(row))
    else stdout.write(rows.length === 0 ? `${empty}\n` : alignedTable(rows, columns))
  },
  note: (sentence) => void stderr.write(`countersign: ${inert(sentence)}\n`),
  ask: async (question) => {
    if (!stdin?.isTTY) return null
    stderr.write(inert(question))
    const lines = createInterface({ input: stdin })
    try {
      for await (const line of lines) return line
      return null
    } finally {
      lines.close()
    }
  },
})

/** What a terminal would obey, or what would reorder or hide text on it; line breaks and tabs are ours. */
const OBEYED = /(?![\n\t]|\r\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** The last word, whatever a sentence was put together from. What went through `foreign` has nothing left for it. */
export const inert = (text: string): string => text.replace(OBEYED, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)

/** The same value for every reader: JSON escapes what it must, which leaves C1 and bidi controls as they are. */
const jsonLine = (record: unknown): string =>
  `${(JSON.stringify(record) ?? 'null').replace(OBEYED, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )}\n`

const alignedTable = <Row>(rows: readonly Row[], columns: Columns<Row>): string => {
  const lines = [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((read) => cell(read(row))))]
  const widths = Object.keys(columns).map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
