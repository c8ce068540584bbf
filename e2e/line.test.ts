import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../db/connect'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { countersign, type GatewayProcess, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'

const ALLOW = `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`
const DENY = `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: deny\n    reason: Not today\n`

let place: Place
let marks = ''
const running: GatewayProcess[] = []

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
})
afterAll(async () => {
  for (const gateway of running) await gateway.stop()
  await place.remove()
})

const start = async (args: readonly string[] = []): Promise<GatewayProcess> => {
  const gateway = startGateway(place, { upstream: recorder(marks), args })
  running.push(gateway)
  await initialize(gateway)
  return gateway
}

const superuser = async (statement: string): Promise<void> => {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'attacker' })
  try {
    await sql.unsafe(statement)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const eventually = async (call: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 8_000
  while (!(await call())) if (Date.now() > deadline) throw new Error('it did not happen within 8 s')
}

test('without a policy every call is refused with the command to run, and listings pass uncut', async () => {
  const gateway = await start()
  expect(JSON.stringify(await gateway.request('tools/list'))).toContain('"act"')
  const { refusal, text } = await gateway.call('act', { token: 'early' })
  expect(refusal).toMatchObject({ decision: 'deny', code: 'no_policy' })
  expect(text).toContain('countersign policy publish')
  expect(gateway.stderr()).toContain('countersign policy publish')
})

test('a publication is enforced by a gateway that runs, back and forth, and each effect was recorded first', async () => {
  const [gateway] = running
  if (!gateway) throw new Error('the test before starts it')
  await publish(place, ALLOW)
  await eventually(async () => !(await gateway.call('act', { token: `a${Math.random()}` })).isError)
  await publish(place, DENY)
  await eventually(async () => (await gateway.call('act', { token: `b${Math.random()}` })).text.includes('Not today'))
  await publish(place, ALLOW)
  await eventually(async () => !(await gateway.call('act', { token: `c${Math.random()}` })).isError)
  expect((await checkInvariants(place, marks, false)).wrong).toEqual([])
  expect((await readMarks(marks)).length).toBeGreaterThanOrEqual(2)
})

test('a deny is in force before the forgeries begin', async () => {
  await publish(place, DENY)
  await eventually(async () => ((await running[0]?.call('act', { token: `d${Math.random()}` }))?.text ?? '').includes('Not today'))
  await superuser('create table public.kept_versions as table countersign.policy_versions')
})

test.each([
  {
    forgery: 'a policy text changed in place',
    sql: `update countersign.policy_versions set yaml = replace(yaml, 'deny', 'allow'), yaml_sha256 = encode(sha256(convert_to(replace(yaml, 'deny', 'allow'), 'UTF8')), 'hex')`,
  },
  {
    forgery: 'a parsed policy changed in place',
    sql: `update countersign.policy_versions set document = replace(document, 'deny', 'allow')`,
  },
  {
    forgery: 'an unsigned publication on top',
    sql: `insert into countersign.publications (epoch, statement, signature, certificate, contents, published_by, message)
      select epoch + 1, replace(statement, '"epoch":' || epoch, '"epoch":' || (epoch + 1)), ''::bytea, certificate, contents, 'x', '' from countersign.publications order by epoch desc limit 1`,
  },
  {
    forgery: 'a publication whose signature was made for another statement',
    sql: `insert into countersign.publications (epoch, statement, signature, certificate, contents, published_by, message)
      select epoch + 1, replace(statement, '"epoch":' || epoch, '"epoch":' || (epoch + 1)), signature, certificate, contents, 'x', '' from countersign.publications order by epoch desc limit 1`,
  },
  { forgery: 'the newest publications deleted, an older one on top', sql: 'delete from countersign.publications where epoch > 1' },
  { forgery: 'all publications deleted', sql: 'delete from countersign.publications' },
])('a superuser: $forgery is not enforced, neither by who runs nor by who starts', async ({ sql }) => {
  const [before] = running
  if (!before) throw new Error('an earlier test starts it')
  await superuser(`set session_replication_role = replica; alter table countersign.policy_versions disable trigger all;
    alter table countersign.publications disable trigger all; ${sql}; notify countersign_policy, '1'`)
  const [ran, started] = [await before.call('act', { token: 'forged' }), await (await start()).call('act', { token: 'forged' })]
  expect([ran.isError, started.isError]).toEqual([true, true])
  expect((await readMarks(marks)).some(({ token }) => token === 'forged')).toBe(false)
})

test('verify names the policies that were forged, and finds the log intact once they are what they were', async () => {
  for (const gateway of running.splice(0)) expect(await gateway.stop()).toBe(0)
  const [said, ...more] = (await checkInvariants(place, marks)).wrong
  expect(said).toMatch(/^the log is damaged: The text kept for policy [0-9a-f]{64} is not the one it names\./)
  expect(more).toEqual([])
  await superuser(`set session_replication_role = replica; update countersign.policy_versions v
    set yaml = k.yaml, yaml_sha256 = k.yaml_sha256, document = k.document from public.kept_versions k where k.digest = v.digest`)
  expect((await checkInvariants(place, marks)).wrong).toEqual([])
  const { code, stdout } = await countersign(place, 'auditor', ['verify', '--deep'])
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Intact') })
})
