import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyLog } from '../core/audit/verify'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { freshDatabase } from './testing'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'
import { proxyTo } from './testing-proxy'
import { readLog } from './verify-source'
import { openWriter, type Writer } from './writer'

let database: Awaited<ReturnType<typeof freshDatabase>>
let admin: Sql
const { identity, trust } = testIdentity()

beforeAll(async () => {
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'tests' })
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

const open = (url = database.urlFor('gateway')): Promise<Writer> => openWriter({ url, identity: identity() })

async function verify() {
  const sql = connect(database.urlFor('auditor'), { purpose: 'migrate', application: 'verify' })
  try {
    return await verifyLog(readLog(sql), { trust, sha256, verify: verifyEd25519, deep: true })
  } finally {
    await sql.end()
  }
}

const killBackendOf = (writer: string) => admin`
  select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
    and (classid::bigint << 32) | objid::bigint = ('x' || left(${writer}, 16))::bit(64)::bigint`

const endsOf = (call: string) => admin<{ outcome: string }[]>`
  select outcome from countersign.entries where call = ${call} and type = 'receipt'`

test('a backend killed again and again: every acknowledged entry is there, every other one was refused, and each decision ends once', async () => {
  const writer = await open()
  const id = writer.id
  const acknowledged: string[] = []
  let refused = 0
  let stop = false
  const caller = async () => {
    while (!stop) {
      const decision = testDecision()
      try {
        const placed = await writer.append(decision)
        acknowledged.push(decision.call)
        writer.later(testReceipt(decision, placed))
      } catch {
        refused += 1
        await sleep(5)
      }
    }
  }
  const callers = Array.from({ length: 8 }, caller)
  for (let kill = 0; kill < 15; kill++) {
    await sleep(40 + ((kill * 37) % 60))
    await killBackendOf(writer.id)
  }
  await sleep(300)
  stop = true
  await Promise.all(callers)
  await writer.close()
  expect(writer.id).toBe(id)
  expect(writer.stats.recoveries).toBeGreaterThan(3)
  const [there] = await admin<{ count: number }[]>`
    select count(*)::int as count from countersign.entries where type = 'decision' and call = any(string_to_array(${acknowledged.join(' ')}, ' '))`
  expect(there?.count).toBe(acknowledged.length)
  expect(await verify()).toMatchObject({ verdict: 'intact', findings: [] })
  expect(refused).toBeGreaterThan(0)
}, 60_000)

test('a commit whose answer is lost landed: its caller was refused and the log says not_forwarded', async () => {
  const proxy = await proxyTo(database.urlFor('gateway'))
  const writer = await open(proxy.url)
  await writer.append(testDecision())
  proxy.swallow(true)
  const decision = testDecision()
  const asked = performance.now()
  await expect(writer.append(decision)).rejects.toMatchObject({ fault: 'unavailable' })
  expect(performance.now() - asked).toBeLessThan(3_000)
  proxy.swallow(false)
  await expect.poll(async () => (await endsOf(decision.call)).map(({ outcome }) => outcome), { timeout: 10_000 }).toEqual(['not_forwarded'])
  await writer.close()
  proxy.close()
  expect(await verify()).toMatchObject({ verdict: 'intact', findings: [] })
}, 30_000)

test('a batch that never reached the server is sent again as it was, and not forwarded either', async () => {
  const proxy = await proxyTo(database.urlFor('gateway'))
  const writer = await open(proxy.url)
  const first = await writer.append(testDecision())
  proxy.freeze(true)
  const decision = testDecision()
  await expect(writer.append(decision)).rejects.toMatchObject({ fault: 'unavailable' })
  await expect(writer.append(testDecision())).rejects.toMatchObject({ fault: 'unavailable' })
  proxy.freeze(false)
  await expect.poll(async () => (await endsOf(decision.call)).map(({ outcome }) => outcome), { timeout: 15_000 }).toEqual(['not_forwarded'])
  const next = await writer.append(testDecision())
  expect(next.writer).toBe(first.writer)
  await writer.close()
  proxy.close()
  expect(await verify()).toMatchObject({ verdict: 'intact', findings: [] })
}, 40_000)

test('a commit with a warning does not count', async () => {
  const writer = await open()
  await admin.unsafe(`create function public.warn() returns trigger language plpgsql as $$
    begin raise warning 'the transaction might not have been replicated'; return new; end $$;
    create trigger warn before insert on countersign.disclosures for each row execute function public.warn()`)
  const decision = testDecision()
  await expect(writer.append({ ...decision, disclose: [{ name: 'arguments', bytes: Buffer.from('{}') }] })).rejects.toMatchObject({
    fault: 'unavailable',
  })
  await admin.unsafe('drop trigger warn on countersign.disclosures')
  await expect.poll(async () => (await endsOf(decision.call)).map(({ outcome }) => outcome), { timeout: 10_000 }).toEqual(['not_forwarded'])
  await writer.close()
})

test('one entry that the database refuses does not sink those beside it', async () => {
  const writer = await open()
  await admin.unsafe(`alter table countersign.entries add constraint no_poison check (server is distinct from 'poison')`)
  const settled = await Promise.allSettled(['a', 'poison', 'b', 'c'].map((server) => writer.append(testDecision({ server }))))
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  await admin.unsafe('alter table countersign.entries drop constraint no_poison')
  await writer.close()
  expect(await verify()).toMatchObject({ verdict: 'intact' })
})

test('a writer closed from outside goes on as another, and repeats no receipt', async () => {
  const writer = await open()
  const decision = testDecision()
  const placed = await writer.append(decision)
  await admin`update countersign.writers set closed_at = now(), closed_by = 'somebody' where id = ${placed.writer}`
  await expect(writer.append(testDecision())).rejects.toMatchObject({ fault: 'unavailable' })
  writer.later(testReceipt(decision, placed))
  await expect.poll(() => writer.id, { timeout: 5_000 }).not.toBe(placed.writer)
  writer.later(testReceipt(decision, placed))
  await writer.append(testDecision())
  await writer.close()
  expect(await endsOf(decision.call)).toEqual([])
})

test.each([
  { how: 'ends earlier', does: `update countersign.writers set head_seq = 1, head_hash = repeat('a', 64)` },
  { how: 'ends earlier and was closed there', does: 'update countersign.writers set head_seq = 1, closed_at = now(), closed_by = id' },
  { how: 'holds another end', does: `update countersign.writers set head_hash = repeat('a', 64), closed_at = now(), closed_by = id` },
  { how: 'never heard of the writer', does: 'delete from countersign.writers' },
])('a database that $how stops the writer instead of forking the log', async ({ does }) => {
  const warnings: string[] = []
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity(), warn: (sentence) => warnings.push(sentence) })
  const { seq } = await writer.append(testDecision())
  await admin.unsafe('alter table countersign.writers disable trigger user')
  await admin.unsafe(`${does} where id = '${writer.id}'`)
  await admin.unsafe('alter table countersign.writers enable trigger user')
  await expect(writer.append(testDecision())).rejects.toMatchObject({ fault: 'unavailable' })
  await expect.poll(() => writer.stats.state).toBe('stopped')
  await expect(writer.append(testDecision())).rejects.toThrow('The log went back')
  expect(warnings.join()).toContain('The log went back')
  expect(writer.regression).toMatchObject({ writer: writer.id, seq })
  await writer.close()
})

test('refusals that could not be recorded are counted, and the count is recorded', async () => {
  const writer = await open()
  const id = writer.id
  writer.countRefusal('store_unavailable')
  writer.countRefusal('store_unavailable')
  await expect
    .poll(async () => {
      const [row] = await admin<{ body: string }[]>`select body from countersign.entries where writer = ${id} and type = 'refusals'`
      return row ? (JSON.parse(row.body) as { count: number }).count : 0
    })
    .toBe(2)
  await writer.close()
})
