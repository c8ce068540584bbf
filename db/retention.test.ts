import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DecisionFields } from '../core/audit/entry'
import type { LegalScope } from '../core/audit/retention-fields'
import { CLEAR_CLASSES, type ClearClass, type RetentionDays } from '../core/retention/classes'
import type { Actor } from '../core/roles'
import { readCall, revealCall } from './activity-call'
import { randomId } from './crypto'
import { listErasures, orderErasure, readErasure, workOff } from './erasures'
import { liftLegalHold, listLegalHolds, openLegalHold } from './legal-holds'
import { changeRetention, readRetention, sweepRetention } from './retention'
import type { Taker } from './takers'
import { testDecision, testReceipt } from './testing-entries'
import { type HoldBench, openHoldBench } from './testing-holds'
import { castHoldVote } from './votes'

let bench: HoldBench
let admin: Actor
let ada: Taker
beforeAll(async () => {
  bench = await openHoldBench()
  admin = await bench.person(['admin'], 'Ada Admin')
  ada = { person: admin, founder: '' }
  // A test puts the log back in time, as only the owner of the machine can.
  await bench.superuser.unsafe(`do $$ declare name text; begin
    for name in select relname from pg_class where relnamespace = 'countersign'::regnamespace and relname like 'entries%' and relkind in ('r', 'p') loop
      execute format('alter table countersign.%I disable trigger user', name);
    end loop;
  end $$`)
})
afterAll(() => bench.close())

const NO_SCOPE: LegalScope = { server: null, principalId: null, call: null, from: null, to: null }
const FOR_EVER = Object.fromEntries(CLEAR_CLASSES.map((of) => [of, null])) as RetentionDays

const keep = (days: Partial<RetentionDays>) => changeRetention(bench.desk, ada, { days: { ...FOR_EVER, ...days }, revision: null })
const hold = (scope: Partial<LegalScope>) => openLegalHold(bench.desk, ada, { scope: { ...NO_SCOPE, ...scope }, because: 'case 4' })
const lift = (id: string) => liftLegalHold(bench.desk, ada, { id, because: 'over' })
const clear = (name: string, text: string) => ({ name, bytes: Buffer.from(text) })

/** Every test begins with nothing left of those before: what they wrote is old, and gone. */
beforeEach(async () => {
  for (const { id, lifted } of await listLegalHolds(bench.people)) if (!lifted) await lift(id)
  await bench.superuser`update countersign.entries set recorded_at = recorded_at - interval '50 days'
    where call is not null and recorded_at > now() - interval '1 day'`
  await bench.superuser`update countersign.writers set opened_at = opened_at - interval '100 days'`
  await keep(Object.fromEntries(CLEAR_CLASSES.map((of) => [of, 30])))
  await sweepRetention(bench.desk)
  await keep({})
})

/** A call with arguments and, where it was let go, a result. */
async function call(more: Partial<DecisionFields> = {}): Promise<string> {
  const decision = testDecision(more)
  const placed = await bench.gateway.append({ ...decision, disclose: [clear('arguments', '{"path":"/tmp/a"}')] })
  if (decision.outcome === 'allow')
    await bench.gateway.append({ ...testReceipt(decision, placed), disclose: [clear('result', '{"ok":1}')] })
  return decision.call
}

const age = async (calls: readonly string[], days = 40): Promise<void> => {
  await bench.superuser`update countersign.entries set recorded_at = recorded_at - ${days}::integer * interval '1 day'
    where call = any(string_to_array(${calls.join(',')}, ','))`
}

/** What is still there of a call: names, and nothing of what is gone. */
const left = async (of: string): Promise<readonly string[]> =>
  (await readCall(bench.people, of)).flatMap(({ kept }) => kept.filter(({ sizeBytes }) => sizeBytes !== null).map(({ name }) => name))

const saltsOf = (of: string) => bench.people<{ salt: string; content: string | null }[]>`
  select encode(d.salt, 'hex') as salt, encode(d.content, 'hex') as content from countersign.disclosures d
  join countersign.entries e on e.writer = d.writer and e.seq = d.seq where e.call = ${of}`

describe('retention', () => {
  test('takes what had its days, of its class alone, with the salts, and the log verifies as before', async () => {
    const [old, young, denied] = [await call(), await call(), await call({ outcome: 'deny' })]
    await age([old, denied])
    await keep({ 'arguments.allow': 30 })
    expect(await sweepRetention(bench.desk)).toBe(1)
    expect([await left(old), await left(young), await left(denied)]).toEqual([['result'], ['arguments', 'result'], ['arguments']])
    expect((await saltsOf(old)).filter(({ salt, content }) => salt === '' && content === null)).toHaveLength(1)
    const [told] = (await bench.told('erasure.retention')).slice(-1)
    expect(told).toMatchObject({ class: 'arguments.allow', days: 30, erased: 1, held: 0 })
    const [entry] = await readCall(bench.people, old)
    expect(entry?.kept).toMatchObject([{ name: 'arguments', sizeBytes: null, erased: { because: 'It is kept for 30 days.', by: null } }])
    expect(await bench.verify()).toMatchObject({ verdict: 'intact', found: 0 })
    expect(await sweepRetention(bench.desk)).toBe(0)
  })

  test('of many values every one goes, however few at a time', async () => {
    const calls = []
    for (let n = 0; n < 12; n++) calls.push(await call())
    await age(calls)
    await keep({ 'arguments.allow': 30, 'results.allow': 20 })
    expect(await sweepRetention(bench.desk, { limit: 5 })).toBe(24)
    expect((await Promise.all(calls.map(left))).flat()).toEqual([])
  })

  test('that is killed in the middle has erased nothing, and the next sweep takes all of it', async () => {
    const calls = [await call(), await call()]
    await age(calls)
    await keep({ 'results.allow': 30 })
    const killed = bench.desk.commit(async (tx, next) => {
      const [row] = await tx`select erased from countersign.erase_due(${randomId()}, 'results.allow', 100, ${next.writer}, ${next.seq})`
      expect(Number(row?.erased)).toBe(2)
      throw new Error('killed')
    })
    await expect(killed).rejects.toThrow('killed')
    expect(await Promise.all(calls.map(left))).toEqual([
      ['arguments', 'result'],
      ['arguments', 'result'],
    ])
    expect(await sweepRetention(bench.desk)).toBe(2)
  })

  test('empties what a hold carried and what a voter said; the vote stays as it was signed', async () => {
    const approver = await bench.person(['approver'])
    const id = await bench.held()
    const { hold: held } = await bench.card(id)
    await castHoldVote(bench.desk, approver, await bench.ballot(id, 'deny', 'not /tmp/secret'))
    await age([held.call])
    await bench.superuser.unsafe('alter table countersign.votes disable trigger user')
    await bench.superuser`update countersign.votes set cast_at = cast_at - interval '40 days' where hold = ${id}`
    await bench.superuser.unsafe('alter table countersign.votes enable trigger user')
    await keep({ 'arguments.escalate': 30, words: 30 })
    expect(await sweepRetention(bench.desk)).toBe(2)
    const [row] = await bench.people<{ clear: number; reason: string; signature: number }[]>`
      select length(h.arguments) + length(h.params) + length(h.reason) as clear, v.reason, length(v.signature) as signature
      from countersign.holds h join countersign.votes v on v.hold = h.id where h.id = ${id}`
    expect(row).toEqual({ clear: 0, reason: '', signature: 64 })
    expect(await bench.verify()).toMatchObject({ verdict: 'intact' })
  })

  test('of two who change it the second hears so, and every change is in the log', async () => {
    const { revision } = await readRetention(bench.people)
    await changeRetention(bench.desk, ada, { days: { words: 7 }, revision })
    await expect(changeRetention(bench.desk, ada, { days: { words: 8 }, revision })).rejects.toMatchObject({ fault: 'conflict' })
    await expect(changeRetention(bench.desk, ada, { days: { words: 0 }, revision: null })).rejects.toMatchObject({ fault: 'invalid' })
    expect((await bench.told('config.retention')).at(-1)).toMatchObject({ actor: admin.id, before: { words: null }, after: { words: 7 } })
  })
})

describe('a legal hold', () => {
  const SCOPES: readonly { what: string; of: (call: string) => Partial<LegalScope> }[] = [
    { what: 'a call', of: (id) => ({ call: id }) },
    { what: 'a server', of: () => ({ server: 'court' }) },
    { what: 'an agent', of: () => ({ principalId: 'local:eve@host' }) },
    {
      what: 'a period',
      of: () => ({ from: new Date(Date.now() - 50 * 86_400_000).toISOString(), to: new Date(Date.now() - 35 * 86_400_000).toISOString() }),
    },
    { what: 'a server and an agent', of: () => ({ server: 'court', principalId: 'local:eve@host' }) },
  ]

  test.each(SCOPES)('of $what is passed by no sweep and no erasure; what it kept goes once it is lifted', async ({ of }) => {
    const kept = await call({ server: 'court', principal: { id: 'local:eve@host', assurance: 'asserted' } })
    await age([kept])
    const id = await hold(of(kept))
    await keep({ 'arguments.allow': 30, 'results.allow': 30 })
    await sweepRetention(bench.desk)
    expect(await left(kept)).toEqual(['arguments', 'result'])
    const order = { scope: { call: kept }, because: 'asked for' }
    await expect(orderErasure(bench.desk, ada, order)).rejects.toMatchObject({
      fault: 'conflict',
      message: expect.stringContaining('legal hold'),
    })
    expect((await bench.told('erasure.refused')).at(-1)).toMatchObject({ actor: admin.id, call: kept, fault: 'conflict' })
    await lift(id)
    await sweepRetention(bench.desk)
    expect(await left(kept)).toEqual([])
  })

  test('that covers something else keeps nothing', async () => {
    const free = await call({ server: 'files' })
    await age([free])
    await hold({ server: 'files', principalId: 'local:nobody@host' })
    await hold({ server: 'file' })
    await hold({ from: new Date().toISOString() })
    await keep({ 'arguments.allow': 30 })
    await sweepRetention(bench.desk)
    expect(await left(free)).toEqual(['result'])
  })

  test('covers something, gives a reason, and is lifted once', async () => {
    await expect(hold({})).rejects.toMatchObject({ fault: 'invalid' })
    await expect(hold({ from: '2026-02-01', to: '2026-01-01' })).rejects.toMatchObject({ fault: 'invalid' })
    const unreasoned = openLegalHold(bench.desk, ada, { scope: { ...NO_SCOPE, server: 'a' }, because: ' \n' })
    await expect(unreasoned).rejects.toMatchObject({ fault: 'invalid' })
    const id = await hold({ server: 'a' })
    await lift(id)
    await expect(lift(id)).rejects.toMatchObject({ fault: 'conflict' })
    const changed = bench.superuser`update countersign.legal_holds set server = 'b' where id = ${id}`
    await expect(changed).rejects.toThrow('lifted once')
    await expect(bench.superuser`delete from countersign.legal_holds`).rejects.toThrow()
    expect((await bench.told('legal_hold.open', 'legal_hold.lift')).slice(-2)).toMatchObject([
      { type: 'legal_hold.open', legalHold: id, server: 'a', because: 'case 4' },
      { type: 'legal_hold.lift', legalHold: id, because: 'over' },
    ])
  })
})

describe('an erasure', () => {
  test('of a call says when, why and by whom where the clear text was; its entries stay', async () => {
    const gone = await call()
    const { erasure, erased, done } = await orderErasure(bench.desk, ada, { scope: { call: gone }, because: 'request 17' })
    expect({ erased, done }).toEqual({ erased: 2, done: true })
    const entries = await readCall(bench.people, gone)
    expect(entries.map(({ type }) => type)).toEqual(['decision', 'receipt', 'erasure.order'])
    expect(entries.flatMap(({ kept }) => kept)).toMatchObject([
      { name: 'arguments', sizeBytes: null, erased: { because: 'request 17', by: 'Ada Admin' } },
      { name: 'result', sizeBytes: null, erased: { because: 'request 17', by: 'Ada Admin' } },
    ])
    await expect(revealCall(bench.desk, bench.people, admin, gone)).rejects.toMatchObject({ fault: 'not_found' })
    await expect(orderErasure(bench.desk, ada, { scope: { call: gone }, because: 'again' })).rejects.toMatchObject({ fault: 'conflict' })
    expect((await bench.told('erasure.order', 'erasure.done')).slice(-2)).toMatchObject([
      { type: 'erasure.order', erasure, call: gone, because: 'request 17', actor: admin.id },
      { type: 'erasure.done', erasure, erased: 2, held: 0 },
    ])
    const report = await bench.verify()
    expect(report).toMatchObject({
      verdict: 'intact',
      gaps: { erased: { orders: expect.arrayContaining([expect.objectContaining({ because: 'request 17' })]) } },
    })
  })

  test('that only the database tells of is not told as one', async () => {
    const gone = await call()
    await bench.superuser`update countersign.disclosures d set content = null, salt = '', erasure = ${'f'.repeat(32)}
      from countersign.entries e where e.writer = d.writer and e.seq = d.seq and e.call = ${gone}`
    await bench.superuser`insert into countersign.erasures (id, kind, what, because, before, writer, seq)
      values (${'f'.repeat(32)}, 'call', ${gone}, 'forged', now(), ${bench.desk.id}, 1)`
    const [entry] = await readCall(bench.people, gone)
    expect(entry?.kept).toEqual([{ name: 'arguments', sizeBytes: null, erased: { at: null, because: null, by: null } }])
  })

  test('is told as its entry has it, whatever somebody made of the table', async () => {
    const gone = await call()
    const { erasure } = await orderErasure(bench.desk, ada, { scope: { call: gone }, because: 'request 20' })
    await bench.superuser`update countersign.erasures set because = 'routine', actor = null, kind = 'retention', what = 'words' where id = ${erasure}`
    const [entry] = await readCall(bench.people, gone)
    expect(entry?.kept).toMatchObject([{ name: 'arguments', erased: { because: 'request 20', by: 'Ada Admin' } }])
    const told = { kind: 'call', what: gone, because: 'request 20', actor: admin.id, isTold: true }
    expect((await listErasures(bench.people, 1))[0]).toMatchObject(told)
    await bench.superuser`update countersign.erasures set seq = 1 where id = ${erasure}`
    expect(await readErasure(bench.people, erasure)).toMatchObject({ because: 'routine', isTold: false })
  })

  test('explains nothing but what it was ordered for: neither another call nor what came later', async () => {
    const [asked, other] = [await call(), await call()]
    const { erasure } = await orderErasure(bench.desk, ada, { scope: { call: asked }, because: 'request 21' })
    const gone = async (of: string): Promise<unknown> => {
      await bench.superuser`update countersign.disclosures d set content = null, salt = '', erasure = ${erasure}
        from countersign.entries e where e.writer = d.writer and e.seq = d.seq and e.call = ${of}`
      return (await readCall(bench.people, of)).flatMap(({ kept }) => kept.map(({ erased }) => erased?.because))
    }
    expect(await gone(asked)).toEqual(['request 21', 'request 21'])
    expect(await gone(other)).toEqual([null, null])
    await bench.superuser`update countersign.entries set recorded_at = recorded_at + interval '1 minute' where call = ${asked} and type = 'receipt'`
    expect(await gone(asked)).toEqual(['request 21', null])
  })

  test('is for nobody without the right, and that they tried is in the log', async () => {
    const safe = await call()
    for (const role of ['viewer', 'author', 'approver', 'auditor'] as const) {
      const person = await bench.person([role])
      const tried = orderErasure(bench.desk, { person, founder: '' }, { scope: { call: safe }, because: 'mine' })
      await expect(tried, role).rejects.toMatchObject({ fault: 'forbidden' })
      expect((await bench.told('erasure.refused')).at(-1)).toMatchObject({ actor: person.id, fault: 'forbidden', call: safe })
    }
    await expect(
      orderErasure(bench.desk, { person: null, founder: 'root' }, { scope: { call: safe }, because: 'x' }),
    ).rejects.toMatchObject({
      fault: 'unauthenticated',
    })
    expect(await left(safe)).toEqual(['arguments', 'result'])
  })

  test('goes around its functions for no login, and around a legal hold for none of them', async () => {
    const safe = await call()
    const around = [
      bench.people`update countersign.disclosures set content = null`,
      bench.people`delete from countersign.disclosures`,
      bench.people`select countersign.erase_calls('x', array[${safe}], now())`,
      bench.people`update countersign.holds set keeps_clear = false`,
      bench.people`update countersign.votes set reason = ''`,
      bench.people`delete from countersign.legal_holds`,
      bench.people`update countersign.legal_holds set until = now()`,
      bench.people`insert into countersign.erasures (id) values ('x')`,
    ]
    for (const attempt of around) await expect(attempt).rejects.toThrow(/permission denied/)
    expect(await left(safe)).toEqual(['arguments', 'result'])
  })

  test('of an agent’s calls takes all of them and nobody else’s, wherever it was broken off, and ends once', async () => {
    const [eve, bob] = [
      { id: 'local:eve2@host', assurance: 'asserted' },
      { id: 'local:bob@host', assurance: 'asserted' },
    ] as const
    const calls: string[] = []
    for (let n = 0; n < 7; n++) calls.push(await call({ principal: eve }))
    const other = await call({ principal: bob })
    const kept = calls[3] ?? ''
    await hold({ call: kept })
    const order = { scope: { principalId: 'local:eve2@host' }, because: 'request 18' }
    const { erasure } = await orderErasure(bench.desk, ada, order)
    await workOff(bench.desk, bench.people, { limit: 2, rounds: 1 })
    await expect
      .poll(
        async () => {
          await workOff(bench.desk, bench.people, { limit: 50 })
          return (await readErasure(bench.people, erasure))?.doneAt
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBeTruthy()
    expect(await readErasure(bench.people, erasure)).toMatchObject({ erased: 12, held: 2 })
    expect((await Promise.all(calls.map(left))).flat()).toEqual(['arguments', 'result'])
    expect(await left(kept)).toEqual(['arguments', 'result'])
    expect(await left(other)).toEqual(['arguments', 'result'])
    expect((await bench.told('erasure.done')).filter((entry) => entry.erasure === erasure)).toHaveLength(1)
  }, 60_000)

  test('of a call that still waits for people takes what it carries when it ends', async () => {
    const id = await bench.held()
    const { hold: held } = await bench.card(id)
    await orderErasure(bench.desk, ada, { scope: { call: held.call }, because: 'request 19' })
    expect((await bench.card(id)).isWhole).toBe(true)
    await bench.vote(await bench.person(['approver']), id, 'deny')
    const [row] = await bench.people`select length(arguments) + length(params) as clear from countersign.holds where id = ${id}`
    expect(row?.clear).toBe(0)
  })
})

test('every class that the code knows is a row, and no other', async () => {
  const rows = await bench.people<{ class: ClearClass }[]>`select class from countersign.retention`
  expect(rows.map((row) => row.class).sort()).toEqual([...CLEAR_CLASSES].sort())
})
