import { detachedWords } from '../../core/audit/detached'
import { withRotations } from '../../core/audit/log-keys'
import { entriesIn, type LogPages, sourceAt } from '../../core/audit/log-moment'
import type { QuickLanes } from '../../core/audit/quick-reader'
import { areTextsInOrder, findPlainly } from '../../core/audit/quick-texts'
import { type Report, type VerifyOptions, verifyLog, verifyQuickly } from '../../core/audit/verify'
import { verifyInBrowser, wasmSha256 } from '../../core/browser-crypto'
import { oneAfterAnother, type Sha256Many } from '../../core/hash'
import { lanesSha256 } from '../../core/sha256-lanes'
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

async function verify({ remembered, isQuick }: VerifyOrder): Promise<VerifyNews> {
  const sha256 = await wasmSha256()
  const many = lanesSha256(sha256) ?? oneAfterAnother(sha256)
  const { trust, moment } = await askMoment()
  const total = entriesIn(moment)
  let done = 0
  const passed = (rows: number): void => {
    done += rows
    scope.postMessage({ is: 'reading', done: Math.min(done, total), total })
  }
  passed(0)
  const pages = askPages(passed)
  const source = sourceAt(moment, pages)
  const kept = remembered === null ? [] : [{ from: 'This browser', note: remembered.note }]
  const known = withRotations(trust, remembered?.rotations ?? [])
  const options: VerifyOptions = { trust: known, sha256, many, verify: verifyInBrowser, kept }
  const quick = isQuick ? await verifyQuickly(source, options, { find: findPlainly, lanes: async () => ahead(pages, many) }) : null
  // Where something is not in order it begins again: what, only the careful look can say.
  done = 0
  const report = quick ?? (await verifyLog(source, options))
  return { is: 'done', pinned: { log: trust.log, logKey: trust.logKey }, check: { ...checkFrom(report), isQuick: quick !== null } }
}

/** Some of the next texts are on their way while these are hashed. */
const ahead = (pages: LogPages, many: Sha256Many): QuickLanes => ({
  batchEntries: 8_192,
  width: 4,
  isInOrder: (job) => areTextsInOrder(job, pages.packed, { many, find: findPlainly }),
})

const checkFrom = ({ verdict, entries, sealed, findings, found, doubts, detached, undetectable }: Report) => ({
  ...{ verdict, entries, size: sealed?.size ?? 0, found, doubts, undetectable },
  findings: findings.slice(0, FINDINGS),
  detached: detached.map((month) => detachedWords(month)),
})
