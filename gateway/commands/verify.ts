import { type Report, type Verdict, type VerifyOptions, verifyLog, verifyQuickly } from '../../core/audit/verify'
import { AppError } from '../../core/errors'
import { connect, type Sql } from '../../db/connect'
import { sha256, verifyEd25519 } from '../../db/crypto'
import { sha256Many } from '../../db/sha256-many'
import { openLanes, type ThreadLanes } from '../../db/verify-lanes'
import { findBytes } from '../../db/verify-packed'
import { readLog } from '../../db/verify-source'
import type { Terminal } from '../terminal'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'
import { verifyBundle } from './verify-bundle'
import { keepNewest, readKept } from './verify-kept'
import { reportLines } from './verify-words'

const EXIT = { intact: 0, damaged: 1, 'could not tell': 2 } as const satisfies Record<Verdict, number>

/** Checks the log against the keys that trust.json pins. Whatever keeps it from looking is "could not tell", never "damaged". */
export const verify: Command = async (context) => {
  const [bundle] = context.words
  try {
    if (bundle !== undefined) return await verifyBundle(context, bundle)
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
  const sql = connect(url, { purpose: 'bulk', application: 'verify' })
  try {
    // Before the log is read: what is remembered later may be of a later one.
    const kept = await readKept(context, sql)
    const options: VerifyOptions = { sha256, many: sha256Many, verify: verifyEd25519, deep: context.values.deep === true, ...kept }
    const report = (context.values.quick === true ? await lookQuickly(sql, url, options) : null) ?? (await verifyLog(readLog(sql), options))
    await keepNewest(context, sql, report)
    return report
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Null where something is not in order: what, only the careful look can say. */
const lookQuickly = async (sql: Sql, url: string, options: VerifyOptions): Promise<Report | null> => {
  const source = readLog(sql)
  let lanes: ThreadLanes | null = null
  try {
    return await verifyQuickly(source, options, {
      find: findBytes,
      lanes: async (size) => {
        lanes = await openLanes(sql, url, size)
        return lanes
      },
    })
  } finally {
    await (lanes as ThreadLanes | null)?.close()
    await source.close()
  }
}

const sentenceOf = (error: unknown): string => {
  if (error instanceof AppError) return error.message
  if (error instanceof Error && 'code' in error) return `the database can’t be read (${String(error.code)}).`
  throw error
}

const sayReport = (terminal: Terminal, report: Report): void => {
  if (terminal.json) terminal.say('', report)
  else for (const line of reportLines(report)) terminal.say(line, line)
}
