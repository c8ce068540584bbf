import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Sixteen writers on one log with the sealer behind them. `say` prints a line, `atMost` and `atLeast` a goal. */
export async function benchSeal(file, { dataDir, urlFor, say, atMost, atLeast }) {
  const { stdout } = await promisify(execFile)(process.execPath, [file, dataDir, urlFor('gateway'), urlFor('sealer'), urlFor('auditor')], {
    maxBuffer: 1 << 20,
  })
  const { writers, perSecond, p50, p99, most, rounds, sealedMs, cpu, rssMiB, gaps, forks, alarms } = JSON.parse(
    stdout.trim().split('\n').at(-1),
  )
  say(`sealing, ${writers} writers: ${Math.round(perSecond).toLocaleString('en')} durable entries/s, ${rounds} rounds`)
  say(
    `  entry → signed checkpoint p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, at most ${most.toFixed(0)} ms; all sealed ${sealedMs.toFixed(0)} ms after the last`,
  )
  say(
    `  CPU for each entry: sealer ${cpu.sealer.toFixed(1)} µs, writers ${cpu.writers.toFixed(1)} µs, database ${cpu.database.toFixed(1)} µs; the sealer held ${rssMiB.toFixed(0)} MiB at its peak`,
  )
  atLeast('durable entries/s, sealed as they come', perSecond, 20_000)
  atMost('entry → signed checkpoint, p99 in ms', p99, 1_000)
  atMost('gaps, forks and alarms', gaps + forks + alarms, 0)
}
