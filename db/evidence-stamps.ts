import { BUNDLE, stampName } from '../core/audit/evidence'
import type { EvidenceStamp } from '../core/audit/evidence-shape'
import { stampSentence } from '../core/audit/evidence-stamps'
import { toBase64 } from '../core/base64'
import { AppError } from '../core/errors'
import type { Sql } from './connect'
import type { BundleFile } from './evidence-bundle'
import type { ExportPlan } from './evidence-state'
import { proofBetween } from './seal-read'
import { keptSizes, readKeptStamp, type Stamping } from './sink-stamps'
import { readSinks } from './sinks'
import { judgeStamp } from './stamp-check'

/** What an auditor is told: of each stamp, and of those that are no longer whole. `commands` is how `openssl` checks them. */
export type StampsWritten = { readonly told: readonly string[]; readonly commands: readonly string[]; readonly gaps: readonly string[] }

/**
 * The time stamps that this machine keeps of the log's checkpoints: of each authority the last one before what is exported, the first after
 * it, and the newest. A stamp that does not hold goes along as it is, and is said.
 */
export async function writeStamps(sql: Sql, dataDir: string, log: string, plan: ExportPlan, bundle: BundleFile): Promise<StampsWritten> {
  const sinks = (await readSinks(dataDir)).filter((sink) => 'timestamp' in sink)
  const records: EvidenceStamp[] = []
  const [told, commands, gaps]: [string[], string[], string[]] = [[], [], []]
  for (const [n, sink] of sinks.entries()) {
    const sizes = chosenFrom(await keptSizes(sink, log, dataDir), plan)
    const certificates = stampName(n, 'pem')
    if (sizes.length > 0) await bundle.add(certificates, sink.certificates)
    for (const size of sizes) {
      const kept = await readKeptStamp(sink, log, dataDir, size)
      if (!kept.response) {
        gaps.push(`The time stamp of ${sink.timestamp} on ${size} entries is missing from where it was kept.`)
        continue
      }
      const at = records.length
      const record = {
        authority: sink.timestamp,
        size,
        checkpoint: stampName(at, 'checkpoint'),
        response: stampName(at, 'tsr'),
        certificates,
      }
      await bundle.add(record.checkpoint, kept.note)
      await bundle.add(record.response, kept.response)
      records.push({ ...record, proof: await proofFrom(sql, size, plan.sealed.size) })
      told.push(sentenceOf(sink, size, kept.note, kept.response))
      commands.push(`openssl ts -verify -data ${record.checkpoint} -in ${record.response} -CAfile ${certificates}`)
    }
  }
  if (records.length > 0) await bundle.addLines(BUNDLE.stamps, records)
  return { told, commands, gaps }
}

/** Where tiles are missing there is no proof, and whoever verifies says that. */
const proofFrom = async (sql: Sql, from: number, to: number): Promise<readonly string[]> =>
  ((await proofBetween(sql, from, to)) ?? []).map(toBase64)

function chosenFrom(sizes: readonly number[], { population, sealed }: ExportPlan): readonly number[] {
  const known = sizes.filter((size) => size > 0 && size <= sealed.size).sort((a, b) => a - b)
  const chosen = [known.findLast((size) => size <= population.first), known.find((size) => size >= population.end), known.at(-1)]
  return [...new Set(chosen)].filter((size) => size !== undefined)
}

function sentenceOf({ timestamp, certificates }: Stamping, size: number, note: string, response: Uint8Array): string {
  try {
    const judged = judgeStamp(response, Buffer.from(note), certificates)
    return stampSentence({ authority: timestamp, size, ...judged, isChecked: true })
  } catch (error) {
    if (error instanceof AppError) return `The time stamp of ${timestamp} on ${size} entries: ${error.message}`
    throw error
  }
}
