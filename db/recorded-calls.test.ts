import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '../core/roles'
import { recordedCalls, revealCalls } from './recorded-calls'
import { testDecision } from './testing-entries'
import { type Bench, openBench } from './testing-policies'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

async function decide(tool: string): Promise<string> {
  const decision = testDecision({ tool, rule: null })
  await bench.writer.append({ ...decision, disclose: [{ name: 'arguments', bytes: Buffer.from(`{"path":"/srv/${tool}"}`) }] })
  return decision.call
}

const argumentsOf = (samples: readonly { readonly args: string | null }[]) => samples.map(({ args }) => args)

test.each(['author', 'approver', 'auditor', 'admin'] as const)(
  'a %s sees arguments, and one entry names every call of the look',
  async (role: Role) => {
    const actor = await bench.person([role])
    const tool = `seen_by_${role}`
    const calls = [await decide(tool), await decide(tool)]
    const shown = await revealCalls(bench.writer, bench.sql, actor, { limit: 10, tool })
    expect(argumentsOf(shown)).toEqual([`{"path":"/srv/${tool}"}`, `{"path":"/srv/${tool}"}`])
    const told = (await bench.told('reveal')).filter((entry) => entry.actor === actor.id)
    expect(told).toHaveLength(1)
    expect(told[0]?.calls).toEqual(expect.arrayContaining(calls))
  },
)

test('a viewer sees that calls were made, and not what they carried', async () => {
  const viewer = await bench.person(['viewer'])
  await decide('hidden')
  await expect(revealCalls(bench.writer, bench.sql, viewer, { limit: 10, tool: 'hidden' })).rejects.toMatchObject({ fault: 'forbidden' })
  expect(argumentsOf(await recordedCalls(bench.sql, { limit: 10, tool: 'hidden', reveal: false }))).toEqual([null])
  expect((await bench.told('reveal')).filter((entry) => entry.actor === viewer.id)).toEqual([])
})

test('a look that shows no arguments is no entry', async () => {
  const author = await bench.person(['author'])
  expect(await revealCalls(bench.writer, bench.sql, author, { limit: 10, tool: 'never_called' })).toEqual([])
  await decide('erased')
  await bench.superuser`update countersign.disclosures set content = null
    where (writer, seq) in (select writer, seq from countersign.entries where tool = 'erased')`
  expect(argumentsOf(await revealCalls(bench.writer, bench.sql, author, { limit: 10, tool: 'erased' }))).toEqual([null])
  expect((await bench.told('reveal')).filter((entry) => entry.actor === author.id)).toEqual([])
})

test('where the log can not be written nothing is shown', async () => {
  const author = await bench.person(['author'])
  await decide('unwritten')
  const closed = { ...bench.writer, commit: () => Promise.reject(new Error('the log can not be written')) }
  await expect(revealCalls(closed, bench.sql, author, { limit: 10, tool: 'unwritten' })).rejects.toThrow('can not be written')
})
