import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { readTrust } from '../db/keys'
import { listAlarms } from '../db/seal-alarms'
import { readSealing } from '../db/seal-read'
import { checkInvariants } from './checker'
import { CLI, type GatewayProcess, initialize, type Place, publish, readMarks, recorder, startGateway } from './gateway'
import { makePair, type Pair } from './standby'
import { recovers, steadily } from './traffic'

const policy = (rule: string) => `version: "1"\ndefault: deny\nrules:\n  - id: ${rule}\n    tool: act\n    action: allow\n`

/** Two machines of one log: each has its own data directory, and so its own memory. The first one seals. */
class House {
  readonly marks: string
  readonly second: Place
  readonly sql: Sql
  private readonly started: ChildProcess[] = []

  private constructor(readonly pair: Pair) {
    this.marks = join(this.first.dir, 'marks')
    this.second = { ...this.first, dataDir: join(this.first.dir, 'second') }
    this.sql = connect(this.first.database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
  }

  static async build(how: 'sync' | 'async'): Promise<House> {
    const house = new House(await makePair(how))
    await publish(house.first, policy('first'))
    await cp(house.first.dataDir, house.second.dataDir, { recursive: true })
    const env = { ...process.env, COUNTERSIGN_DATABASE_URL: house.first.database.urlFor('sealer') }
    const stdio = ['ignore', 'ignore', 'ignore'] as const
    house.started.push(spawn(process.execPath, [CLI, 'seal', '--data-dir', house.first.dataDir], { env, stdio: [...stdio] }))
    return house
  }

  get first(): Place {
    return this.pair.place
  }

  async gateway(place: Place): Promise<GatewayProcess> {
    const gateway = startGateway(place, { upstream: recorder(this.marks) })
    this.started.push(gateway.process)
    await initialize(gateway)
    await recovers(gateway, `first-${this.started.length}`)
    return gateway
  }

  /** The size of the log once all of it is sealed. */
  async sealed(): Promise<number> {
    const { size } = await until('all of it is sealed', async () => {
      const sealing = await readSealing(this.sql)
      return sealing.size > 0 && sealing.unsealed === 0 && sealing
    })
    return size
  }

  /** Resolves once each of these machines remembers a log of that size. */
  async remembered(size: number, ...places: readonly Place[]): Promise<void> {
    const { log } = await readTrust(this.first.dataDir)
    for (const { dataDir } of places)
      await until(`${dataDir} remembers ${size}`, async () => {
        const note = await readFile(join(dataDir, 'state', 'checkpoints', log), 'utf8').catch(() => '')
        return Number(note.split('\n')[1] ?? 0) >= size
      })
  }

  async remove(): Promise<void> {
    for (const child of this.started) {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    await this.sql.end({ timeout: 1 })
    await this.pair.remove()
  }
}

/** An outage on the way is no answer. */
async function until<T>(what: string, found: () => Promise<T | null | false>, limitMs = 30_000): Promise<T> {
  let last: unknown = null
  for (const giveUp = Date.now() + limitMs; Date.now() < giveUp; await sleep(100)) {
    try {
      const value = await found()
      if (value) return value
    } catch (error) {
      last = error
    }
  }
  throw new Error(`not within ${limitMs} ms: ${what}`, { cause: last })
}

let house: House
afterEach(() => house.remove())

/** Every entry that anybody was told is in the log: by writer and number, with what it says. */
const entriesIn = async (sql: Sql): Promise<ReadonlyMap<string, string>> => {
  const rows = await sql<{ place: string; body: string }[]>`select writer || '/' || seq as place, body from countersign.entries`
  return new Map(rows.map(({ place, body }) => [place, body]))
}

test('the primary dies under load and a synchronous standby takes over: no entry is lost, every gateway goes on, nobody raises an alarm', async () => {
  house = await House.build('sync')
  const gateways = [await house.gateway(house.first), await house.gateway(house.second)]
  await house.remembered(await house.sealed(), house.first, house.second)
  const traffic = gateways.map((gateway, at) => steadily(gateway, `t${at}`, 20))
  await until('calls are done', async () => (await readMarks(house.marks)).length >= 40)
  const known = await entriesIn(house.sql)
  const [checkpoint] = await house.sql<
    { size: string; note: string }[]
  >`select size, note from countersign.checkpoints order by size desc limit 1`
  await house.pair.failOver()
  for (const [at, gateway] of gateways.entries()) await recovers(gateway, `after-${at}`)
  const seen = (await Promise.all(traffic.map((each) => each.stop()))).flat()
  const refused = seen.filter(({ isError }) => isError).length
  process.stdout.write(`failover to a synchronous standby: ${seen.length} calls, ${refused} refused, ${known.size} entries known before\n`)
  expect(known.size).toBeGreaterThan(60)
  expect(seen.length - refused).toBeGreaterThan(30)

  const kept = await until('the new primary is asked', () => entriesIn(house.sql))
  expect([...known].filter(([place, body]) => kept.get(place) !== body)).toEqual([])
  expect(await house.sql`select size, note from countersign.checkpoints where size = ${checkpoint?.size ?? 0}`).toEqual([checkpoint])
  // What was answered was recorded, what was refused did not run.
  const done = new Set((await readMarks(house.marks)).map(({ token }) => token))
  for (const { token, isError } of seen) expect({ token, ran: done.has(token) }).toEqual({ token, ran: !isError })
  const size = await house.sealed()
  expect(size).toBeGreaterThan(Number(checkpoint?.size))
  await house.remembered(size, house.first, house.second)
  for (const gateway of gateways) {
    expect(gateway.stderr()).not.toMatch(/Alarm|went back/)
    expect(await gateway.stop()).toBe(0)
  }
  expect(await listAlarms(house.sql)).toEqual([])
  expect(await checkInvariants(house.first, house.marks)).toMatchObject({ wrong: [], report: { verdict: 'intact' } })
})

const alarmsOf = (sql: Sql) =>
  sql<{ kind: string; writer: string | null }[]>`select kind, writer from countersign.seal_alarms where ended_at is null`

const isRefused = async (gateway: GatewayProcess, token: string): Promise<void> => {
  const { isError, refusal } = await gateway.call('act', { token })
  expect({ isError, code: refusal?.code }).toEqual({ isError: true, code: 'store_unavailable' })
}

test('an asynchronous standby takes over without the last entries: who wrote them stops, who only saw them sealed says so, nothing is signed over it', async () => {
  house = await House.build('async')
  const [writes, looks] = [await house.gateway(house.first), await house.gateway(house.second)]
  const before = await house.sealed()
  await house.remembered(before, house.first, house.second)
  await house.pair.cut()
  await publish(house.first, policy('later'))
  await until('both enforce what was published last', async () => {
    const [row] = await house.sql<{ enforcing: number }[]>`
      select count(*)::int as enforcing from countersign.gateways where epoch = (select max(epoch) from countersign.publications)`
    return row?.enforcing === 2
  })
  for (const token of ['lost-1', 'lost-2', 'lost-3']) expect((await writes.call('act', { token })).isError).toBe(false)
  const after = await house.sealed()
  expect(after).toBeGreaterThan(before)
  await house.remembered(after, house.first, house.second)
  await house.pair.failOver()

  const shrunk = `The log had ${after} sealed entries, and now it has`
  for (const gateway of [writes, looks]) await until('it raises the alarm', async () => gateway.stderr().includes(`Alarm: ${shrunk}`))
  await until('the writer stops', async () => writes.stderr().includes('The log went back: writer'))
  await isRefused(writes, 'after-1')
  // Its own chain is whole: calls go on, never under the policy of before, and the alarm is in the log.
  expect((await looks.call('act', { token: 'after-2' })).isError).toBe(false)
  const rules = await house.sql<{ rule: string }[]>`
    select body::jsonb ->> 'rule' as rule from countersign.entries where type = 'decision' order by recorded_at desc limit 1`
  expect(rules).toEqual([{ rule: 'later' }])
  await until('the log tells of it', async () => {
    const [told] = await house.sql<{ body: string }[]>`select body from countersign.entries where type = 'log.alarm'`
    return told && JSON.parse(told.body).remembered.size === after
  })
  const alarms = await until('all alarms are open', async () => {
    const open = await alarmsOf(house.sql)
    return open.length >= 3 && open
  })
  const own = await house.sql<{ id: string }[]>`select id from countersign.writers where role = 'gateway' order by opened_at limit 1`
  expect(alarms.map(({ kind, writer }) => `${kind} ${writer ?? ''}`.trim()).sort()).toEqual(
    ['regression', `regression ${own[0]?.id}`, 'restored backup'].sort(),
  )
  expect((await readSealing(house.sql)).size).toBeLessThan(after)
  const effects = (await readMarks(house.marks)).map(({ token }) => token)
  expect(effects.filter((token) => token === 'after-1')).toEqual([])
})

test('gateways that were born after the standby fell behind find their own beginning gone: both stop, neither opens a second history', async () => {
  house = await House.build('async')
  await house.sealed()
  await house.pair.cut()
  const gateways = [await house.gateway(house.first), await house.gateway(house.second)]
  const born = await house.sql<{ id: string }[]>`select id from countersign.writers where role = 'gateway' order by id`
  const size = await house.sealed()
  await house.remembered(size, house.first, house.second)
  await house.pair.failOver()
  for (const gateway of gateways) await until('it stops', async () => gateway.stderr().includes('The log went back: writer'))
  for (const gateway of gateways)
    await until('it raises the alarm', async () => gateway.stderr().includes(`Alarm: The log had ${size} sealed`))
  for (const [at, gateway] of gateways.entries()) await isRefused(gateway, `after-${at}`)
  const told = await until('each has its alarm', async () => {
    const open = (await alarmsOf(house.sql)).filter(({ kind, writer }) => kind === 'regression' && writer !== null)
    return open.length >= 2 && open
  })
  expect(told.map(({ writer }) => writer).sort()).toEqual(born.map(({ id }) => id))
  expect(await house.sql`select id from countersign.writers where role = 'gateway'`).toEqual([])
})
