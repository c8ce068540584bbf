import type { Queries, Sql } from '../db/connect'
import { decisionOf } from '../db/decisions'
import { expireHolds, type Hold } from '../db/holds'
import { closeOrphans } from '../db/orphans'
import type { Writer } from '../db/writer'
import type { EntryDraft } from '../db/writer-batch'
import { notForwarded, receiptFields } from './log'

/** Ends what nobody else will end: holds past their time, and the open decisions of writers whose process is gone. */
export async function sweep(reader: Sql, writer: Writer): Promise<void> {
  await writer.commit(async (tx) => ({ entries: await endHolds(tx, await expireHolds(tx)), result: undefined }))
  await closeOrphans(writer, reader)
}

async function endHolds(tx: Queries, holds: readonly Hold[]): Promise<EntryDraft[]> {
  const entries: EntryDraft[] = []
  for (const { id, call } of holds) {
    const decision = await decisionOf(tx, call)
    if (!decision) continue
    entries.push(
      { type: 'hold.expired', hold: id, call, decision },
      receiptFields(call, decision, notForwarded('expired', 'nobody_answered')),
    )
  }
  return entries
}
