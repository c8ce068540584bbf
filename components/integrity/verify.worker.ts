import { entriesIn, sourceAt } from '../../core/audit/log-moment'
import { type Report, verifyLog } from '../../core/audit/verify'
import { verifyInBrowser, wasmSha256 } from '../../core/browser-crypto'
import { askMoment, askPages, LogUnanswered } from './log-client'
import type { VerifyNews, VerifyOrder } from './verify-wire'

/** The verifier of the command line, in a thread of this browser. Memory does not grow with the log, but by a byte or so for each entry. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<VerifyOrder>) => void
  postMessage: (news: VerifyNews) => void
}

const FINDINGS = 50

scope.onmessage = ({ data }) => {
  verify(data).then(scope.postMessage, (error: unknown) => {
    scope.postMessage({ is: 'unanswered', because: error instanceof LogUnanswered ? error.message : `The look failed: ${String(error)}` })
  })
}

async function verify({ remembered }: VerifyOrder): Promise<VerifyNews> {
  const sha256 = await wasmSha256()
  const { trust, moment } = await askMoment()
  const total = entriesIn(moment)
  let done = 0
  const passed = (rows: number): void => {
    done += rows
    scope.postMessage({ is: 'reading', done: Math.min(done, total), total })
  }
  passed(0)
  const kept = remembered === null ? [] : [{ from: 'This browser', note: remembered }]
  const report = await verifyLog(sourceAt(moment, askPages(passed)), { trust, sha256, verify: verifyInBrowser, kept })
  return { is: 'done', pinned: { log: trust.log, logKey: trust.logKey }, check: checkFrom(report) }
}

const checkFrom = ({ verdict, entries, sealed, findings, found, doubts, undetectable }: Report) => ({
  ...{ verdict, entries, size: sealed?.size ?? 0, found, doubts, undetectable },
  findings: findings.slice(0, FINDINGS),
})
