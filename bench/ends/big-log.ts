import { connect } from '../../db/connect'
import { startEmbedded } from '../../db/embedded'
import { testDecision, testReceipt } from '../../db/testing-entries'
import { type EvidenceBench, openEvidenceBench } from '../../db/testing-evidence'

const CALLERS = 64

/** A data directory with a database in it that holds so many entries, written by a writer and sealed by a sealer. `page` is for its bundles. */
export async function openBigLog(dataDir: string, page: string, entries: number): Promise<EvidenceBench> {
  const embedded = await startEmbedded({ dataDir, settings: { fsync: 'off' } })
  const urlFor = (login: Parameters<typeof embedded.urlFor>[0]) => embedded.urlFor(login)
  const bench = await openEvidenceBench({ name: 'countersign', urlFor, drop: async () => undefined }, page, dataDir)
  await fill(bench, entries)
  await bench.seal()
  await bench.writer.close()
  // The server may be at its own analysis just now: this one waits for it.
  const superuser = connect(embedded.urlFor('superuser'), { purpose: 'migrate', application: 'bench' })
  await superuser`analyze`
  await superuser.end()
  return bench
}

async function fill({ writer }: EvidenceBench, entries: number): Promise<void> {
  let left = entries / 2
  const caller = async () => {
    while (left-- > 0) {
      const decision = testDecision()
      const placed = await writer.append({ ...decision, disclose: [{ name: 'arguments', bytes: Buffer.from('{"path":"/tmp/a"}') }] })
      writer.later(testReceipt(decision, placed))
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}
