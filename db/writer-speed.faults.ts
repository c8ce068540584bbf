import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { startEmbedded, stopEmbedded } from './embedded'
import { testDecision } from './testing-entries'
import { testIdentity } from './testing-identity'
import { openWriter, type Writer } from './writer'

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** One caller after another: milliseconds each. */
async function oneByOne(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let call = 0; call < times; call++) {
    const started = performance.now()
    await work()
    took.push(performance.now() - started)
  }
  return median(took)
}

async function perSecond(callers: number, times: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  let left = times
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left-- > 0) await work()
    }),
  )
  return (times / (performance.now() - started)) * 1_000
}

const bareInsert = (sql: Sql, body: string) => sql`insert into public.bare (body) values (${body})`

const append = (writer: Writer) => () =>
  writer.append({ ...testDecision(), disclose: [{ name: 'arguments', bytes: Buffer.from('{"path":"/tmp/a.txt"}') }] })

test('group commit beside a bare insert on the same server, fsync on', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-speed-'))
  const embedded = await startEmbedded({ dataDir })
  const admin = connect(embedded.urlFor('superuser'), { purpose: 'pool', max: 1, application: 'bare' })
  await admin.unsafe('create table public.bare (seq bigint generated always as identity primary key, body text not null)')
  const body = JSON.stringify(testDecision()).padEnd(500, ' ')
  const { identity } = testIdentity()
  const open = (keepClearText: boolean) => openWriter({ url: embedded.urlFor('gateway'), identity: identity(), keepClearText })
  const writers = [await open(false), await open(true)]
  const rounds: { bare: number; off: number; on: number }[] = []
  const rates: { off: number; on: number }[] = []
  const [off, on] = writers as [Writer, Writer]
  for (let round = 0; round < 6; round++) {
    rounds.push({
      bare: await oneByOne(400, () => bareInsert(admin, body)),
      off: await oneByOne(400, append(off)),
      on: await oneByOne(400, append(on)),
    })
    rates.push({ off: await perSecond(32, 12_000, append(off)), on: await perSecond(32, 12_000, append(on)) })
  }
  const of = (name: 'bare' | 'off' | 'on') => median(rounds.slice(1).map((round) => round[name] * 1_000))
  const rateOf = (name: 'off' | 'on') => Math.round(median(rates.slice(1).map((rate) => rate[name])))
  console.log(
    `one caller, µs: bare ${of('bare').toFixed(0)}, clear text off ${of('off').toFixed(0)} (×${(of('off') / of('bare')).toFixed(2)}), on ${of('on').toFixed(0)} (×${(of('on') / of('bare')).toFixed(2)})`,
  )
  console.log(`32 callers, per second: clear text off ${rateOf('off')}, on ${rateOf('on')}`)
  for (const writer of writers) await writer.close()
  await admin.end()
  await stopEmbedded(dataDir)
  await rm(dataDir, { recursive: true, force: true })
  // Ratios within this run: the machine may be busy with anything.
  expect(rateOf('off')).toBeGreaterThan(3 * (1_000_000 / of('bare')))
  expect(of('off')).toBeLessThan(3 * of('bare'))
})
