import { performance } from 'node:perf_hooks'
import { ephemeralKey } from '../../db/crypto'
import type { Writer } from '../../db/writer'
import { buildBatch, type Chain, type EntryDraft } from '../../db/writer-batch'
import { startGovernor } from '../../gateway/governor'
import { runRelay } from '../../gateway/relay'
import { wordsOf } from '../../gateway/words'

// The gateway with one thing taken away, to measure what that thing costs: nobody waits for the log. `memory` makes every entry with its
// commitments, hash and batch signature and then lets go of it; `behind` writes it too, later. Not part of the package.
const [dataDir = '', databaseUrl = '', policyText = '', upstream = '', where = ''] = process.argv.slice(2)
const [command = '', ...args] = wordsOf(upstream)

const BATCH = 64
const loose = { writer: `not-awaited-${performance.timeOrigin}`, hash: '0'.repeat(64), at: new Date().toISOString() }

/** The writer with another way in; everything else is its own. */
const withIntake = (writer: Writer, take: (draft: EntryDraft) => void): Writer => {
  let seq = 0
  return {
    id: writer.id,
    stats: writer.stats,
    regression: null,
    keepsClear: writer.keepsClear,
    append: async (draft) => {
      take(draft)
      seq += 1
      return { ...loose, seq }
    },
    later: take,
    countRefusal: (because) => writer.countRefusal(because),
    commit: (work) => writer.commit(work),
    attest: (tag, make) => writer.attest(tag, make),
    close: () => writer.close(),
  }
}

const behind = (writer: Writer): Writer => withIntake(writer, (draft) => writer.later(draft))

const inMemory = (writer: Writer): Writer => {
  const chain: Chain = {
    log: writer.id,
    writer: writer.id,
    token: writer.id,
    sign: ephemeralKey().sign,
    keepClearText: true,
    seq: 0,
    head: loose.hash,
  }
  const waiting: EntryDraft[] = []
  return withIntake(writer, (draft) => {
    if (waiting.push(draft) < BATCH) return
    const { last, head } = buildBatch(chain, waiting.splice(0), new Date().toISOString())
    Object.assign(chain, { seq: last, head })
  })
}

const governor = startGovernor({
  dataDir,
  databaseUrl,
  policy: 'default',
  policyFile: { text: policyText },
  server: 'bench-not-awaited',
  upstream: 'b'.repeat(64),
  keepClearText: true,
  version: 'bench',
  principal: { id: 'local:bench', assurance: 'asserted' },
  list: 'cut',
  holdMs: 50_000,
  maxHolds: 50,
  warn: (sentence) => process.stderr.write(`${sentence}\n`),
  decorate: (supply) => ({ ...supply, writer: where === 'memory' ? inMemory(supply.writer) : behind(supply.writer) }),
})

const { code } = await runRelay({
  upstream: { command, args, env: process.env },
  governor: async () => governor,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
process.exitCode = code ?? 1
