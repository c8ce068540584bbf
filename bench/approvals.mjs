import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { build } from '../build.mjs'

/** Held calls: from a vote to the upstream, and what ten thousand of them cost the others. `say` prints a line, `atMost` a goal. */
export async function benchApprovals(file, { cli, server, say, atMost }) {
  await build({ console: true })
  const { stdout } = await promisify(execFile)(process.execPath, [file, cli, server, process.env.BENCH_HOLDS ?? '10000'], {
    maxBuffer: 1 << 20,
  })
  const { votes, pressed, voted, holds, waiters, openMs, others, rssMiB, console: seen } = JSON.parse(stdout.trim().split('\n').at(-1))
  say(
    `approvals, ${votes} votes: button → upstream has the call p50 ${pressed.p50.toFixed(1)} ms, p99 ${pressed.p99.toFixed(1)} ms; after the vote was answered p50 ${voted.p50.toFixed(1)} ms`,
  )
  say(
    `  ${holds.toLocaleString('en')} holds open, ${waiters.toLocaleString('en')} calls waiting: opening one ${openMs.toFixed(1)} ms; other calls p50 ${others.none.toFixed(2)} ms → ${others.many.toFixed(2)} ms`,
  )
  say(
    `  the built console by HTTP with ${holds.toLocaleString('en')} holds: inbox page (${(seen.pageBytes / 1024).toFixed(0)} KiB) p50 ${seen.page.p50.toFixed(1)} ms, p99 ${seen.page.p99.toFixed(1)} ms, ${seen.pageCpuMs.toFixed(1)} ms of CPU; a vote with the page it answers p50 ${seen.vote.p50.toFixed(1)} ms, p99 ${seen.vote.p99.toFixed(1)} ms`,
  )
  atMost('vote → upstream, p99 in ms', pressed.p99, 100)
  atMost(`other calls, p50 with ${holds.toLocaleString('en')} holds ÷ none`, others.ratio, 1.05)
  atMost('inbox page, p99 in ms', seen.page.p99, 300)
  atMost('a vote, p99 in ms', seen.vote.p99, 200)
  atMost('gateway at its peak, MiB', rssMiB, 512)
}
