import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { schemaState } from '../db/migrate'
import { emptyDatabase } from '../db/testing'
import { CLI, fixture } from './gateway'

type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** `countersign migrate`, killed by the kernel's own signal just before its N-th write to the database; 0 lets it live. */
async function migrate(url: string, killAt: number): Promise<Ending> {
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: url, KILL_AT: String(killAt) }
  const child = spawn(process.execPath, ['--import', fixture('kill-shim.mjs'), CLI, 'migrate'], { env, stdio: 'ignore' })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return { code, signal }
}

test('killed before each of its writes, a migrator leaves a schema that the next one finishes', async () => {
  let kills = 0
  for (let at = 1; ; at++) {
    const database = await emptyDatabase()
    const url = database.urlFor('owner')
    const { signal } = await migrate(url, at)
    expect(['missing', 'ready']).toContain(await schemaState(url))
    expect(await migrate(url, 0)).toMatchObject({ code: 0 })
    expect(await schemaState(url)).toBe('ready')
    await database.drop()
    if (signal === null) break
    kills += 1
  }
  process.stdout.write(`the migrator was killed ${kills} times\n`)
  expect(kills).toBeGreaterThan(4)
})
