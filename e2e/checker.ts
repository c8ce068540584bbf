import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trust } from '../core/audit/certificate'
import { type Report, verifyLog } from '../core/audit/verify'
import { connect, type Sql } from '../db/connect'
import { sha256, verifyEd25519 } from '../db/crypto'
import { readLog } from '../db/verify-source'
import { type Place, readMarks } from './gateway'

/** What a fault run left behind, checked against the invariants of the product; `wrong` is empty when they all hold. */
export type Check = { readonly wrong: readonly string[]; readonly report: Report; readonly calls: ReadonlyMap<string, CallState> }

/** One call as the log tells it, found by the token in its arguments. */
export type CallState = { readonly allowed: number; readonly receipts: readonly string[]; readonly effects: number }

/**
 * I1 every effect has an earlier committed allow · I2 none without one · I3 none twice · I4 the log verifies and every allow has exactly
 * one end. `settled` is false while a writer may still be open.
 */
export async function checkInvariants(place: Place, marks: string, settled = true): Promise<Check> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'checker' })
  try {
    const report = await verifyLog(readLog(sql), { trust: await readTrust(place), sha256, verify: verifyEd25519, deep: true })
    const calls = await readCalls(sql, marks)
    const wrong = [...calls].flatMap(([token, state]) => faultsOf(token, state, settled))
    if (report.verdict === 'damaged' || (settled && report.verdict !== 'intact'))
      wrong.push(`the log is ${report.verdict}: ${[...report.findings.map(({ sentence }) => sentence), ...report.doubts].join('; ')}`)
    return { wrong, report, calls }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function faultsOf(token: string, { allowed, receipts, effects }: CallState, settled: boolean): readonly string[] {
  const wrong: string[] = []
  if (effects > 0 && allowed === 0) wrong.push(`${token} had an effect without a committed allow`)
  if (effects > 1) wrong.push(`${token} had ${effects} effects`)
  if (allowed > 1) wrong.push(`${token} was allowed ${allowed} times`)
  if (effects > 0 && receipts.some((status) => status === 'not_forwarded' || status === 'cancelled' || status === 'revoked'))
    wrong.push(`${token} had an effect but its receipt says ${receipts.join()}`)
  if (settled && allowed === 1 && receipts.length !== 1)
    wrong.push(`${token} was allowed and has ${receipts.length} ends (${receipts.join()})`)
  return wrong
}

async function readCalls(sql: Sql, marks: string): Promise<ReadonlyMap<string, CallState>> {
  const rows = await sql<{ call: string; args: Buffer }[]>`
    select e.call, d.content as args from countersign.entries e join countersign.disclosures d using (writer, seq)
    where e.type = 'decision' and e.outcome = 'allow' and d.name = 'arguments'`
  const receipts = await sql<
    { call: string; status: string }[]
  >`select call, outcome as status from countersign.entries where type = 'receipt'`
  const effects = await readMarks(marks)
  const calls = new Map<string, { allowed: number; receipts: string[]; effects: number }>()
  const stateOf = (token: string) => calls.get(token) ?? calls.set(token, { allowed: 0, receipts: [], effects: 0 }).get(token)
  for (const { call, args } of rows) {
    const state = stateOf((JSON.parse(args.toString('utf8')) as { token: string }).token)
    if (!state) continue
    state.allowed += 1
    state.receipts.push(...receipts.filter((receipt) => receipt.call === call).map(({ status }) => status))
  }
  for (const { token } of effects) {
    const state = stateOf(token)
    if (state) state.effects += 1
  }
  return calls
}

const readTrust = async ({ dataDir }: Place): Promise<Trust> => JSON.parse(await readFile(join(dataDir, 'trust.json'), 'utf8')) as Trust
