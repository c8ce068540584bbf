import { type Report, verifyLog } from '../core/audit/verify'
import { connect } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'
import type { FreshDatabase } from './testing-server'
import { readLog } from './verify-source'
import { openWriter, type Writer } from './writer'

const CALLERS = 16

async function callThrough(writer: Writer, calls: number): Promise<void> {
  let left = calls
  const caller = async () => {
    while (left-- > 0) {
      const decision = testDecision()
      const placed = await writer.append({ ...decision, disclose: [{ name: 'arguments', bytes: Buffer.from('{"path":"/tmp/a"}') }] })
      writer.later(testReceipt(decision, placed))
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

/**
 * For tests: two writers make `calls` calls between them, each with its receipt, while a reader verifies over and over. Answers every
 * report, the last one after both have closed.
 */
export async function raceWriters(database: FreshDatabase, calls: number): Promise<readonly Report[]> {
  const { identity, trust } = testIdentity()
  const open = () => openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const verify = async (): Promise<Report> => {
    const sql = connect(database.urlFor('auditor'), { purpose: 'migrate', application: 'verify' })
    try {
      return await verifyLog(readLog(sql), { trust, sha256, verify: verifyEd25519 })
    } finally {
      await sql.end()
    }
  }
  const writers = [await open(), await open()]
  const reports: Report[] = []
  const state = { isOver: false }
  const racing = Promise.all(writers.map((writer) => callThrough(writer, calls / 2))).finally(() => {
    state.isOver = true
  })
  while (!state.isOver) reports.push(await verify())
  await racing
  for (const writer of writers) await writer.close()
  return [...reports, await verify()]
}
