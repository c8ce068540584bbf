import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopEmbedded } from '../../db/embedded'
import { openBigLog } from './big-log'

// A log of so many entries, taken out whole, in a process of its own whose memory is measured. Prints JSON.
const [cli = '', page = '', count = '1000000'] = process.argv.slice(2)

/** Seconds, the most memory it held in MiB, and what it said. */
async function timed(args: readonly string[]): Promise<{ seconds: number; mib: number; code: number; said: string }> {
  const started = performance.now()
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  let most = 0
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const watch = setInterval(() => {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(statusOf(child.pid ?? 0)) ?? []
    most = Math.max(most, Number(kib ?? 0) / 1_024)
  }, 50)
  const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? -1)))
  clearInterval(watch)
  return { seconds: (performance.now() - started) / 1_000, mib: most, code, said: said.trim() }
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-export-'))
try {
  const bench = await openBigLog(dataDir, page, Number(count))
  const out = join(dataDir, 'all.zip')
  const exported = await timed(['export', '--json', '--data-dir', dataDir, '--out', out])
  const verified = await timed(['verify', out, '--json', '--data-dir', dataDir])
  const { verdict, manifest } = JSON.parse(verified.said)
  await bench.sql.end()
  process.stdout.write(
    `${JSON.stringify({ entries: manifest?.entries, mb: statSync(out).size / 1e6, exported: { ...exported, said: '' }, verified: { ...verified, said: '' }, verdict })}\n`,
  )
} finally {
  await stopEmbedded(dataDir)
  rmSync(dataDir, { recursive: true, force: true })
}
