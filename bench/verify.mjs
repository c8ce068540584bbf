import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `countersign verify` over sealed logs of three sizes, beside one-stream SHA-256 of the same bytes on one thread. */
export async function benchVerify(script, { cli, say, atMost }) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, cli], { maxBuffer: 1 << 20 })
  const results = JSON.parse(stdout.trim().split('\n').at(-1))
  say('verify: a sealed log of four writers, from the start of the command to its end')
  for (const { entries, bytes, quick, full, floorMs } of results)
    say(
      `  ${String(entries).padStart(8)} entries, ${(bytes / 2 ** 20).toFixed(0)} MiB: --quick ${seconds(quick)} (${quick.rssMiB.toFixed(0)} MiB), full ${seconds(full)} (${full.rssMiB.toFixed(0)} MiB), one stream ${(floorMs / 1_000).toFixed(2)} s`,
    )
  const [small, , large] = results
  atMost('--quick of the largest, s', large.quick.ms / 1_000, 5)
  atMost('--quick ÷ one-stream SHA-256', large.quick.ms / large.floorMs, 3.5)
  atMost('full ÷ --quick', large.full.ms / large.quick.ms, 10)
  atMost('full ÷ one-stream SHA-256', large.full.ms / large.floorMs, 10)
  atMost('memory, MiB', Math.max(large.quick.rssMiB, large.full.rssMiB), 256)
  const exponent = Math.log10(large.quick.ms / small.quick.ms) / Math.log10(large.entries / small.entries)
  atMost('growth exponent of --quick', exponent, 1.03)
}

const seconds = ({ ms }) => `${(ms / 1_000).toFixed(2)} s`
