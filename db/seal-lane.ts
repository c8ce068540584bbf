import { parentPort, workerData } from 'node:worker_threads'
import { connect } from './connect'
import type { WriterKeys } from './seal-chain'
import type { SealJob, SealLaneStart } from './seal-lanes'
import { gatherRuns } from './seal-round'

/** The thread behind one lane of a sealer: answers each job with its runs, in the order of the jobs. */
const { url, trust } = workerData as SealLaneStart
const sql = connect(url, { purpose: 'sealer', application: 'sealer' })
const keys: WriterKeys = new Map()
let before = Promise.resolve()

async function answer({ moved, limits }: SealJob): Promise<void> {
  const checks = await gatherRuns({ sql, trust, keys }, moved, limits)
  parentPort?.postMessage(checks.map(({ writer, mark, end, fault, count, hashes }) => ({ writer, mark, end, fault, count, hashes })))
}

// A failure ends the thread: the sealer then reads for itself.
parentPort?.on('message', (job: SealJob) => {
  before = before.then(() => answer(job))
})
