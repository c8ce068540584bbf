import { performance } from 'node:perf_hooks'
import { startGovernor } from '../../gateway/governor'
import { runRelay } from '../../gateway/relay'
import { wordsOf } from '../../gateway/words'

// The gateway with one thing taken away, to measure what that thing costs: nobody waits for the log. Not part of the package.
const [dataDir = '', databaseUrl = '', policyText = '', upstream = ''] = process.argv.slice(2)
const [command = '', ...args] = wordsOf(upstream)

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
  warn: (sentence) => process.stderr.write(`${sentence}\n`),
  decorate: (ports) => {
    let seq = 0
    return {
      ...ports,
      record: async (call, judgement) => {
        ports.recordLater(call, judgement)
        seq += 1
        return { writer: `not-awaited-${performance.timeOrigin}`, seq }
      },
    }
  },
})

const { code } = await runRelay({
  upstream: { command, args, env: process.env },
  governor: async () => governor,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
process.exitCode = code ?? 1
