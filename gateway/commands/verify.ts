import { type Report, type Verdict, verifyLog } from '../../core/audit/verify'
import { AppError } from '../../core/errors'
import { connect } from '../../db/connect'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { readTrust } from '../../db/keys'
import { readLog } from '../../db/verify-source'
import { foreign, type Terminal } from '../terminal'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'

const EXIT = { intact: 0, damaged: 1, 'could not tell': 2 } as const satisfies Record<Verdict, number>

/** Checks the log against the root that trust.json pins. Whatever keeps it from looking is "could not tell", never "damaged". */
export const verify: Command = async (context) => {
  try {
    const report = await examine(context)
    sayReport(context.terminal, report)
    return EXIT[report.verdict]
  } catch (error) {
    const because = sentenceOf(error)
    context.terminal.note(`could not tell: ${because}`)
    if (context.terminal.json) context.terminal.say('', { verdict: 'could not tell', doubts: [because] })
    return EXIT['could not tell']
  }
}

const examine = async (context: Context): Promise<Report> => {
  const url = await existingDatabaseUrl(context, 'auditor')
  const trust = await readTrust(context.dataDir)
  const sql = connect(url, { purpose: 'bulk', application: 'verify' })
  try {
    return await verifyLog(readLog(sql), { trust, sha256, verify: verifyEd25519, deep: context.values.deep === true })
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const sentenceOf = (error: unknown): string => {
  if (error instanceof AppError) return error.message
  if (error instanceof Error && 'code' in error) return `the database can’t be read (${String(error.code)}).`
  throw error
}

const sayReport = (terminal: Terminal, report: Report): void => {
  if (terminal.json) terminal.say('', report)
  else sayReportInWords(terminal, report)
}

const sayReportInWords = (terminal: Terminal, report: Report): void => {
  const { verdict, findings, found, writers, entries, doubts, undetectable } = report
  for (const { writer, seq, kind, sentence } of findings)
    line(terminal, writer === null ? `${kind}: ${sentence}` : `${kind} at entry ${seq} of writer ${foreign(writer)}: ${sentence}`)
  if (found > findings.length) line(terminal, `… and ${found - findings.length} more.`)
  for (const doubt of doubts) line(terminal, doubt)
  const open = writers.filter(({ state }) => state === 'open')
  for (const { id, to } of open) line(terminal, `Writer ${foreign(id)} is intact to ${to} and open.`)
  line(terminal, `${HEADLINE[verdict]}: ${entries} entries of ${writers.length} writers.`)
  line(terminal, `No look at the database alone can show:\n${undetectable.map((what) => `  - ${what}`).join('\n')}`)
}

const HEADLINE = { intact: 'Intact', damaged: 'Damaged', 'could not tell': 'Could not tell' } as const satisfies Record<Verdict, string>

const line = (terminal: Terminal, text: string): void => terminal.say(text, text)
