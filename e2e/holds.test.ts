import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { countersign, type GatewayProcess, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'

let place: Place
let marks = ''
let gateway: GatewayProcess
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(
    place,
    `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: escalate\n    expires: 1s\n    reason: Somebody must look\n`,
  )
  gateway = startGateway(place, { upstream: recorder(marks), args: ['--hold-ms', '0'] })
  await initialize(gateway)
})
afterAll(() => place.remove())

test('a held call is told as pending, listed, expires unanswered, and never runs', async () => {
  const { refusal, text } = await gateway.call('act', { token: 'held' })
  expect(refusal).toMatchObject({
    decision: 'escalate',
    code: 'approval_required',
    rule: 'rule-1',
    hold: expect.stringMatching(/^H-[0-9A-Z]{10}$/),
  })
  expect(text).toContain('Somebody must look')
  const hold = refusal?.hold ?? ''
  expect((await countersign(place, 'console', ['holds'])).stdout).toContain(hold)
  const deadline = Date.now() + 20_000
  while ((await countersign(place, 'console', ['holds'])).stdout.includes(hold))
    if (Date.now() > deadline) throw new Error('it never expired')
  expect((await countersign(place, 'auditor', ['log'])).stdout).toMatch(/escalate.*act.*expired/)
  expect(await gateway.stop()).toBe(0)
  expect(await readMarks(marks)).toEqual([])
  expect((await checkInvariants(place, marks)).report).toMatchObject({ verdict: 'intact', findings: [] })
})

test.each([
  { call: 'a number that no double holds', args: '{"token":"x","n":12345678901234567890}' },
  { call: 'a number beyond all doubles', args: '{"token":"x","n":1e400}' },
])('$call can not be held: nobody could approve exactly that', async ({ args }) => {
  const other = startGateway(place, { upstream: recorder(marks) })
  await initialize(other)
  other.send(`{"jsonrpc":"2.0","id":77,"method":"tools/call","params":{"name":"act","arguments":${args}}}`)
  await other.request('ping')
  await other.stop()
  const answer = other.lines.find((line) => line.includes('"id":77')) ?? ''
  expect(answer).toContain('constraint_unknown')
})
