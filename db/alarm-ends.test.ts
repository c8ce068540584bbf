import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor, Role } from '../core/roles'
import { endAlarmFor } from './alarm-ends'
import { type Alarm, endAlarm, listAlarms, raiseAlarm, reportAlarm } from './seal-alarms'
import { type HoldBench, openHoldBench } from './testing-holds'

let bench: HoldBench
let admin: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  admin = await bench.person(['admin'], 'Ada Admin')
})
afterAll(() => bench.close())

beforeEach(async () => {
  for (const { id, endedAt } of await listAlarms(bench.people))
    if (endedAt === null) await bench.superuser`select countersign.end_alarm(${id}::bigint)`
})

const GAP: Alarm = { kind: 'gap', writer: 'a'.repeat(32), seq: 7, sentence: 'Entry 7 of writer a is missing.' }
const raise = async (alarm: Alarm = GAP, by = 'a sealer'): Promise<string> => (await raiseAlarm(bench.people, alarm, by)) ?? ''
const by = (person: Actor) => ({ person, founder: 'nobody' })
const end = (id: string, because = 'looked into', person = admin) => endAlarmFor(bench.desk, by(person), { id, because })
const found = async (id: string) => (await listAlarms(bench.people, 1_000)).find((alarm) => alarm.id === id)

test('an admin ends an alarm that others found, with a reason: it stays, ended, by whom and why, and the log says so', async () => {
  const id = await raise()
  await end(id, '  a disk\nwas replaced ')
  expect(await found(id)).toMatchObject({ ...GAP, endedAt: expect.any(Date), endedBy: admin.id, endedBecause: 'a disk was replaced' })
  expect((await bench.told('alarm.ended')).at(-1)).toMatchObject({
    ...{ alarm: id, actor: admin.id, kind: 'gap', place: { writer: GAP.writer, seq: 7 }, foundBy: 'a sealer' },
    ...{ sentence: GAP.sentence, because: 'a disk was replaced', raised: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
})

test('hostile words about an alarm enter the log as names do, and its number is a number', async () => {
  const id = await raise({ kind: 'fork', writer: null, seq: null, sentence: `\u{1b}[2J"${'x'.repeat(900)}` }, `a\u{202e}\nb`)
  await end(id)
  const entry = (await bench.told('alarm.ended')).at(-1)
  expect(entry).toMatchObject({ alarm: id, place: null })
  expect(String(entry?.sentence)).toHaveLength(256)
  expect(JSON.stringify(entry)).not.toContain('\\u001b')
  for (const wrong of ['', '0', '1; drop table', '9'.repeat(30), '-1', '１'])
    await expect(end(wrong)).rejects.toMatchObject({ fault: 'invalid' })
})

test.each(['', ' \n ', 'x'.repeat(257)])('without a reason, or with a book for one, nothing is ended: %j', async (because) => {
  const id = await raise()
  await expect(end(id, because)).rejects.toMatchObject({ fault: 'invalid', message: expect.stringContaining('reason') })
  expect(await found(id)).toMatchObject({ endedAt: null, endedBy: null })
  await expect(bench.people`select countersign.end_alarm_because(${id}::bigint, ${admin.id}, null)`).rejects.toThrow()
  await expect(bench.people`select countersign.end_alarm_because(${id}::bigint, ${admin.id}, '')`).rejects.toThrow()
  expect(await found(id)).toMatchObject({ endedAt: null })
})

test.each<Role>(['viewer', 'author', 'approver', 'auditor'])('a person who is only %s is refused, and that is recorded', async (role) => {
  const id = await raise()
  const person = await bench.person([role])
  await expect(end(id, 'because', person)).rejects.toMatchObject({ fault: 'forbidden' })
  expect((await bench.told('alarm.refused')).at(-1)).toMatchObject({ actor: person.id, alarm: id, fault: 'forbidden' })
  // What the cookie or token claims counts for nothing.
  await expect(end(id, 'because', { ...person, roles: ['admin'] })).rejects.toMatchObject({ fault: 'forbidden' })
  expect(await found(id)).toMatchObject({ endedAt: null })
})

test('nobody without an account ends one where people have accounts, and of two who end one, one does', async () => {
  const id = await raise()
  const nobody = endAlarmFor(bench.desk, { person: null, founder: 'local:eve@host' }, { id, because: 'x' })
  await expect(nobody).rejects.toMatchObject({ fault: 'unauthenticated' })
  const both = await Promise.allSettled([end(id, 'one'), end(id, 'two')])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await bench.told('alarm.ended')).filter(({ alarm }) => alarm === id)).toHaveLength(1)
  expect((await bench.told('alarm.refused')).at(-1)).toMatchObject({ alarm: id, fault: 'conflict' })
})

test('what was ended is never changed again, by its finder, a second person or the owner', async () => {
  const id = await raise()
  await end(id, 'first')
  await bench.superuser`select countersign.end_alarm(${id}::bigint)`
  await endAlarm(bench.superuser, id)
  await expect(end(id, 'second')).rejects.toMatchObject({ fault: 'conflict' })
  await expect(bench.superuser`update countersign.seal_alarms set ended_because = 'x' where id = ${id}::bigint`).rejects.toThrow(
    'only grows',
  )
  await expect(bench.superuser`update countersign.seal_alarms set ended_at = null where id = ${id}::bigint`).rejects.toThrow('only grows')
  await expect(bench.superuser`delete from countersign.seal_alarms`).rejects.toThrow()
  expect(await found(id)).toMatchObject({ endedBecause: 'first', endedBy: admin.id })
})

test('what is still so is found again', async () => {
  const id = await raise()
  expect(await raise()).toBe(id)
  await end(id)
  expect(await raise()).not.toBe(id)
})

const memory = (size: number, digit: string) => ({ size, root: digit.repeat(64) })
const report = (remembered: ReturnType<typeof memory> | null, kind: 'fork' | 'regression' = 'regression') =>
  reportAlarm(bench.people, { kind, sentence: 'The log went back.', remembered }, 'a gateway')
const open = async () => (await listAlarms(bench.people, 1_000)).filter(({ endedAt }) => endedAt === null)

test('who remembers the same tells nothing new, while the alarm is open and after a person ended it; another memory does', async () => {
  expect(await report(memory(50, 'a'))).toBe(true)
  expect(await report(memory(50, 'a'))).toBe(false)
  expect(await report(memory(60, 'b'))).toBe(true)
  const [alarm, ...more] = await open()
  expect(more).toEqual([])
  await end(alarm?.id ?? '')
  for (const known of [memory(50, 'a'), memory(60, 'b')]) expect(await report(known)).toBe(false)
  expect(await open()).toEqual([])
  expect(await report(memory(50, 'c'))).toBe(true)
  expect(await report(memory(50, 'a'), 'fork')).toBe(true)
  expect(await report(null)).toBe(true)
  expect(await report(null)).toBe(false)
  expect(await open()).toHaveLength(2)
})

test('an alarm that ended by itself is raised again over the same memory', async () => {
  expect(await report(memory(70, 'd'))).toBe(true)
  for (const { id } of await open()) await bench.superuser`select countersign.end_alarm(${id}::bigint)`
  expect(await report(memory(70, 'd'))).toBe(true)
  await expect(bench.people`select countersign.report_alarm('gap', 'x', 'y', ${`1/${'a'.repeat(64)}`})`).rejects.toThrow()
})
