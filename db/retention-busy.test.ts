import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeRetention, sweepRetention } from './retention'
import { testDecision } from './testing-entries'
import { type HoldBench, openHoldBench } from './testing-holds'

let bench: HoldBench
beforeAll(async () => {
  bench = await openHoldBench()
})
afterAll(() => bench.close())

test('what had its days goes, however much there is before it that is young, of a writer that is as old', async () => {
  const [busy, quiet] = [await bench.gatewayAgain(), await bench.gatewayAgain()].sort((a, b) => (a.id < b.id ? -1 : 1))
  if (!busy || !quiet) throw new Error('two were opened')
  const entry = (call: string) => ({ ...testDecision({ call }), disclose: [{ name: 'arguments', bytes: Buffer.from('{}') }] })
  await quiet.append(entry('0'.repeat(32)))
  for (let n = 1; n <= 30; n++) await busy.append(entry(String(n).padStart(32, '0')))
  await bench.superuser.unsafe(`do $$ declare name text; begin
    for name in select relname from pg_class where relnamespace = 'countersign'::regnamespace and relname like 'entries%' and relkind in ('r', 'p') loop
      execute format('alter table countersign.%I disable trigger user', name);
    end loop;
  end $$`)
  await bench.superuser`update countersign.entries set recorded_at = recorded_at - interval '40 days' where call = ${'0'.repeat(32)}`
  await bench.superuser`update countersign.writers set opened_at = opened_at - interval '100 days'`
  await changeRetention(
    bench.desk,
    { person: await bench.person(['admin']), founder: '' },
    { days: { 'arguments.allow': 30 }, revision: null },
  )
  expect(await sweepRetention(bench.desk, { limit: 5, rounds: 1 })).toBe(1)
  const [left] = await bench.people<{ values: number }[]>`select count(*)::float8 as values from countersign.disclosures where salt <> ''`
  expect(left?.values).toBe(30)
  for (const each of [busy, quiet]) await each.close()
})
