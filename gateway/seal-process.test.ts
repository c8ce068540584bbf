import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startSealing } from './commands/seal-process'

const folder = mkdtempSync(join(tmpdir(), 'countersign-seal-process-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A sealer that notes its process id, and then does as it is told. */
function fake(name: string, does: string) {
  const [script, marks] = [join(folder, `${name}.mjs`), join(folder, `${name}.pids`)]
  writeFileSync(marks, '')
  writeFileSync(script, `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(marks)}, process.pid + '\\n')\n${does}`)
  const said: string[] = []
  const sealing = startSealing({ script, args: [], environment: process.env, note: (sentence) => said.push(sentence) })
  const pids = () => readFileSync(marks, 'utf8').trim().split('\n').filter(Boolean).map(Number)
  return { sealing, said, pids }
}

const STAYS = `process.on('disconnect', () => process.exit()); process.on('SIGTERM', () => process.exit(0)); setInterval(() => process.send?.('alive'), 100)`

const isAlive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a sealer that dies is started again, and that is said; the last one ends with us', async () => {
  const { sealing, said, pids } = fake('dies', STAYS)
  await expect.poll(() => pids().length, { timeout: 15_000 }).toBe(1)
  process.kill(pids()[0] ?? 0, 'SIGKILL')
  await expect.poll(() => pids().length, { timeout: 15_000 }).toBe(2)
  expect(said).toEqual(['The sealer was ended by SIGKILL; it is started again in 1 s.'])
  await sealing.stop()
  expect(pids().map(isAlive)).toEqual([false, false])
  expect(said).toHaveLength(1)
})

test('the second failure in a row is waited for twice as long', async () => {
  const { sealing, said } = fake('fails', 'process.exit(2)')
  await expect.poll(() => said.length, { timeout: 15_000 }).toBe(2)
  expect(said).toEqual(['The sealer ended with 2; it is started again in 1 s.', 'The sealer ended with 2; it is started again in 2 s.'])
  await sealing.stop()
})

test('one that may not seal here is not asked again', async () => {
  const { sealing, said, pids } = fake('refuses', 'process.exit(1)')
  await expect.poll(() => said.length, { timeout: 15_000 }).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(said).toEqual(['Nothing is sealed, for the reason above; `countersign seal` starts it once that is mended.'])
  expect(pids()).toHaveLength(1)
  await sealing.stop()
})
