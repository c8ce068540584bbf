import { followReceipts } from '../db/claims'
import type { Sql } from '../db/connect'
import { endExpired } from '../db/hold-ends'
import { endExpiredGrants } from '../db/hold-grants'
import { closeOrphans } from '../db/orphans'
import type { Writer } from '../db/writer'

/** Ends what nobody else will end: holds and grants past their time, and the open decisions of writers whose process is gone. */
export async function sweep(reader: Sql, writer: Writer): Promise<void> {
  await writer.commit(async (tx) => ({ entries: [...(await endExpired(tx)), ...(await endExpiredGrants(tx))], result: undefined }))
  await closeOrphans(writer, reader)
  await writer.commit(async (tx) => ({ entries: [], result: await followReceipts(tx) }))
}
