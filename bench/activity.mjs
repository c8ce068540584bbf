import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The explorer over a million decisions. `say` prints a line, `atMost` and `atLeast` a goal. */
export async function benchActivity(file, { say, atMost, atLeast }) {
  const { stdout } = await promisify(execFile)(process.execPath, [file, process.env.BENCH_DECISIONS ?? '1000000'], { maxBuffer: 1 << 20 })
  const { decisions, fold, pages, around, sizes, intake } = JSON.parse(stdout.trim().split('\n').at(-1))
  say(`activity over ${decisions.toLocaleString('en')} decisions: first page of 50 rows, server time in ms`)
  say('  filter                                   p50      p95   rows')
  for (const [what, { p50, p95, rows }] of Object.entries(pages.by))
    say(`  ${what.padEnd(36)} ${p50.toFixed(1).padStart(8)} ${p95.toFixed(1).padStart(8)} ${String(rows).padStart(6)}`)
  say(`  half-way down, one tool: p95 ${pages.deepP95.toFixed(1)} ms`)
  for (const [what, p95] of Object.entries(around)) say(`  ${what}: p95 ${p95.toFixed(1)} ms`)
  say(`  folding: ${fold.usPerEntry.toFixed(0)} µs an entry (${fold.entries.toLocaleString('en')} entries), off the path of every call`)
  say(`  on disk: entries ${sizes.entries} MB, activity ${sizes.activity} MB, tallies ${sizes.tallies} MB`)
  say(
    `  intake, 32 callers: ${intake.alone.toFixed(0)} decisions/s alone, ${intake.folded.toFixed(0)} while they are folded, ${intake.indexed.toFixed(0)} with four indexes on entries instead`,
  )
  atMost('slowest filter, p95 in ms', Math.max(...Object.values(pages.by).map(({ p95 }) => p95)), 300)
  atLeast('intake while folding ÷ alone', intake.folded / intake.alone, 0.85)
}
