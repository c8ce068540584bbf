import { parentPort, workerData } from 'node:worker_threads'
import { areTextsInOrder, type QuickJob } from '../core/audit/quick-texts'
import { connect } from './connect'
import { sha256Many } from './sha256-many'
import type { LaneStart } from './verify-lanes'
import { findBytes, readPacked } from './verify-packed'

/** The thread behind one lane of a quick look: answers each job with whether its texts are in order, in the order of the jobs. */
const { url, snapshot } = workerData as LaneStart
const sql = connect(url, { purpose: 'bulk', application: 'verify' })
const tools = { many: sha256Many, find: findBytes }
let before = enter()

async function enter(): Promise<void> {
  await sql.unsafe('begin transaction isolation level repeatable read read only')
  await sql.unsafe(`set transaction snapshot '${snapshot}'`)
}

async function answer(job: QuickJob): Promise<void> {
  const isGood = await areTextsInOrder(job, (stretches, take) => readPacked(sql, stretches, take), tools)
  parentPort?.postMessage(isGood)
}

// A failure ends the thread: its lane then says that nothing is in order.
parentPort?.on('message', (job: QuickJob) => {
  before = before.then(() => answer(job))
})
