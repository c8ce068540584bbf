import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './bundle.mjs'

/** A log of a million entries as an evidence bundle. `say` prints a line, `atMost` a goal. */
export async function benchExport(file, { cli, say, atMost }) {
  const args = [file, cli, join(ROOT, 'dist', 'verify.html'), process.env.BENCH_EXPORT ?? '1000000']
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 20 })
  const { entries, mb, exported, verified, verdict } = JSON.parse(stdout.trim().split('\n').at(-1))
  say(`evidence bundle of ${entries.toLocaleString('en')} entries, ${mb.toFixed(0)} MB with views: ${verdict}`)
  say(`  verified in ${verified.seconds.toFixed(1)} s, ${verified.mib.toFixed(0)} MiB`)
  atMost('export, s', exported.seconds, 30)
  atMost('export, most memory in MiB', exported.mib, 256)
}
