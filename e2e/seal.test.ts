import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { startEmbedded, stopEmbedded } from '../db/embedded'
import { readSealing } from '../db/seal-read'
import { CLI } from './gateway'

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-seal-up-'))
afterAll(async () => {
  await stopEmbedded(dataDir)
  rmSync(dataDir, { recursive: true, force: true })
})

const childrenOf = (pid: number): number[] =>
  spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(' seal '))
    .map((line) => Number.parseInt(line, 10))

async function startUp(): Promise<{ up: ChildProcess; line: string; stderr: () => string }> {
  const up = spawn(process.execPath, [CLI, 'up', '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  up.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  const [line] = (await once(createInterface({ input: up.stdout }), 'line')) as [string]
  return { up, line, stderr: () => stderr }
}

const sealed = async (sql: Sql): Promise<boolean> => {
  const { size, unsealed } = await readSealing(sql)
  return size > 0 && unsealed === 0
}

test('`up` seals beside the page: one that is killed is started again, and none outlives `up`, whatever that dies of', async () => {
  const { urlFor } = await startEmbedded({ dataDir, settings: { fsync: 'off' } })
  const sql = connect(urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  const { up, line, stderr } = await startUp()
  expect(Object.keys(JSON.parse(line))).toEqual(['url', 'running', 'setUp'])
  await expect.poll(() => sealed(sql), { timeout: 30_000 }).toBe(true)
  const [first] = childrenOf(up.pid ?? 0)
  process.kill(first ?? 0, 'SIGKILL')
  await expect.poll(() => childrenOf(up.pid ?? 0).filter((pid) => pid !== first), { timeout: 30_000 }).toHaveLength(1)
  expect(stderr()).toContain('The sealer was ended by SIGKILL; it is started again in 1 s.')
  const [second] = childrenOf(up.pid ?? 0)
  up.kill('SIGKILL')
  await expect.poll(() => existsSync(`/proc/${second}`), { timeout: 15_000 }).toBe(false)
  const again = await startUp()
  await expect.poll(() => sealed(sql), { timeout: 30_000 }).toBe(true)
  await expect.poll(() => childrenOf(again.up.pid ?? 0), { timeout: 15_000 }).toHaveLength(1)
  const [third] = childrenOf(again.up.pid ?? 0)
  again.up.kill('SIGTERM')
  await once(again.up, 'exit')
  expect(existsSync(`/proc/${third}`)).toBe(false)
  expect(readdirSync(join(dataDir, 'log')).sort()).toEqual(['last', 'pending'])
  await sql.end({ timeout: 1 })
}, 180_000)
