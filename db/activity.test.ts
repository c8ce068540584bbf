import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FACETS, type Facet, type Question, type Range } from '../core/activity/question'
import { countNewer, listActivity } from './activity'
import { listMet, tallyCalls } from './activity-tallies'
import { connect, type Sql } from './connect'
import { freshDatabase } from './testing'
import { clear, dice, EPOCH_MS, type Expected, foldAll, oracle, randomLog, store } from './testing-activity'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'
import type { FreshDatabase } from './testing-server'
import { openWriter } from './writer'

const ALL: Range = { is: 'between', from: null, to: null }
const ask = (facets: Question['facets'] = {}, range: Range = ALL): Question => ({ range, facets, call: null })

let database: FreshDatabase
let owner: Sql
let sql: Sql
beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test' })
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
})
afterAll(async () => {
  await Promise.all([owner.end(), sql.end()])
  await database.drop()
})

describe('lists', () => {
  const log = randomLog(21, 900)
  const rows = oracle(log)
  const ids = new Map<string, number>()
  beforeAll(async () => {
    await clear(owner)
    await store(owner, log)
    await foldAll(sql)
    for (const { writer, id } of await owner<{ writer: string; id: number }[]>`select writer, id from countersign.activity_marks`)
      ids.set(writer, id)
  })

  const place = ({ key, at }: Expected): readonly [number, number, number] => {
    const [writer = '', seq = ''] = key.split(':')
    return [at, ids.get(writer) ?? 0, Number(seq)]
  }
  const newestFirst = (a: Expected, b: Expected): number => {
    const [p, q] = [place(a), place(b)]
    return q[0] - p[0] || q[1] - p[1] || q[2] - p[2]
  }
  /** The oracle's answer; of decisions whose last word is in doubt none is taken. */
  const answer = ({ facets, range }: Question): readonly string[] =>
    rows
      .filter(({ at, names }) => {
        const [from, to] = range.is === 'between' ? [range.from, range.to] : [null, null]
        if (from !== null && at < Date.parse(from)) return false
        if (to !== null && at >= Date.parse(to)) return false
        return FACETS.every((facet) => facets[facet]?.includes(names[facet]) ?? true)
      })
      .sort(newestFirst)
      .map(({ key }) => key)

  const pages = async (question: Question, size: number): Promise<string[]> => {
    const keys: string[] = []
    let place: Parameters<typeof listActivity>[2] = null
    do {
      const page = await listActivity(sql, question, place, size)
      keys.push(...page.rows.map(({ writer, seq }) => `${writer}:${seq}`))
      place = page.older
    } while (place)
    return keys
  }

  const clearStatus = (names: Expected['names']) => !names.status.includes('|')
  const VALUES = FACETS.flatMap((facet) =>
    [...new Set(rows.filter(({ names }) => clearStatus(names)).map(({ names }) => names[facet]))]
      .filter((name) => name !== '')
      .map((name) => ({ facet, name })),
  )

  test.each(VALUES)('every page under $facet $name, as the oracle has it', async ({ facet, name }) => {
    const inDoubt = new Set(rows.filter(({ names }) => !clearStatus(names)).map(({ key }) => key))
    const found = await pages(ask({ [facet]: [name] }), 37)
    const sure = (keys: readonly string[]) => (facet === 'status' ? keys.filter((key) => !inDoubt.has(key)) : keys)
    expect(sure(found)).toEqual(sure(answer(ask({ [facet]: [name] }))))
  })

  test('random questions: several facets, several values, and times', async () => {
    const { below, of } = dice(5)
    for (let n = 0; n < 120; n++) {
      const facets: { [facet in Facet]?: string[] } = {}
      for (let left = below(4); left > 0; left--) {
        const { facet, name } = of(VALUES.filter((each) => each.facet !== 'status'))
        facets[facet] = [...new Set([...(facets[facet] ?? []), name])]
      }
      const at = (ms: number) => new Date(EPOCH_MS + ms).toISOString()
      const range: Range = {
        is: 'between',
        from: below(2) === 0 ? at(below(900_000)) : null,
        to: below(2) === 0 ? at(below(3_600_000)) : null,
      }
      const question = ask(facets, range)
      expect({ question, keys: await pages(question, 1 + below(200)) }).toEqual({ question, keys: answer(question) })
    }
  })

  test('a name that was never met has no rows, and an absent one does not hide the others', async () => {
    expect(await pages(ask({ tool: ['never'] }), 10)).toEqual([])
    expect(await pages(ask({ tool: ['never', 'read_file'] }), 100)).toEqual(answer(ask({ tool: ['read_file'] })))
  })

  test('pages back and forth are the same pages', async () => {
    const first = await listActivity(sql, ask(), null, 20)
    const second = await listActivity(sql, ask(), first.older, 20)
    const third = await listActivity(sql, ask(), second.older, 20)
    const back = await listActivity(sql, ask(), third.newer, 20)
    expect(back.rows).toEqual(second.rows)
    expect((await listActivity(sql, ask(), back.newer, 20)).rows).toEqual(first.rows)
    expect(first.newer).toBeNull()
  })

  test('a call is found by its id, whenever it was', async () => {
    const wanted = rows[rows.length >> 1]
    const call = log.find(({ writer, seq }) => `${writer}:${seq}` === wanted?.key)?.fields.call as string
    const { rows: found } = await listActivity(sql, { ...ask(), call }, null, 10)
    expect(found.map(({ writer, seq }) => `${writer}:${seq}`)).toEqual([wanted?.key])
  })

  test('calls by a facet add up to the rows that it has', async () => {
    const range: Range = {
      is: 'between',
      from: new Date(EPOCH_MS - 600_000).toISOString(),
      to: new Date(EPOCH_MS + 4_200_000).toISOString(),
    }
    const { tallies } = await tallyCalls(sql, ask({ server: ['web'] }, range), 'outcome')
    for (const outcome of ['allow', 'deny', 'escalate'])
      expect(tallies.filter(({ name }) => name === outcome).reduce((sum, { calls }) => sum + calls, 0)).toBe(
        answer(ask({ server: ['web'], outcome: [outcome] })).length,
      )
    const long = await tallyCalls(sql, ask({}, ALL), 'tool')
    expect(long.tallies.reduce((sum, { calls }) => sum + calls, 0)).toBe(rows.length)
  })

  test('what there is to filter by is what was met', async () => {
    const met = await listMet(sql, ['tool', 'principal'], 10)
    expect(met.tool?.map(({ name }) => name).sort()).toEqual([...new Set(rows.map(({ names }) => names.tool))].filter(Boolean).sort())
    expect(met.server).toBeUndefined()
  })
})

test('rows that come in while somebody reads shift nothing, whatever their times', async () => {
  await clear(owner)
  const log = randomLog(31, 300)
  await store(owner, log.slice(0, 200))
  await foldAll(sql)
  const first = await listActivity(sql, ask(), null, 30)
  await store(owner, log.slice(200))
  await foldAll(sql)
  const second = await listActivity(sql, ask(), first.older, 30)
  const before = await listActivity(sql, ask(), second.newer, 30)
  const seen = first.rows.map(({ writer, seq }) => `${writer}:${seq}`)
  const overlap = second.rows.filter(({ writer, seq }) => seen.includes(`${writer}:${seq}`))
  expect(overlap).toEqual([])
  expect(before.rows.length).toBe(30)
})

describe('through the writer every process uses', () => {
  const { identity } = testIdentity()

  test('a decision is there at once, and its receipt when it comes', async () => {
    await clear(owner)
    const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
    const decision = testDecision({ tool: '<img src=x onerror=alert(1)>\u202e' })
    const placed = await writer.append(decision)
    await foldAll(sql)
    const top = await listActivity(sql, ask({ status: ['open'] }), null, 5)
    expect(top.rows).toMatchObject([
      { call: decision.call, tool: decision.tool, status: null, outcome: 'allow', principal: 'local:ann@host', isGone: false },
    ])
    await writer.append({ ...testReceipt(decision, placed), durationMs: 42 })
    await foldAll(sql)
    const [row] = (await listActivity(sql, ask({ status: ['done'] }), null, 5)).rows
    expect(row).toMatchObject({ call: decision.call, status: 'done', durationMs: 42 })
    expect((await listActivity(sql, ask({ status: ['open'] }), null, 5)).rows).toEqual([])
    await writer.append(testDecision({ outcome: 'deny' }))
    await foldAll(sql)
    expect(await countNewer(sql, ask(), row?.cursor ?? '', 100)).toBe(1)
    await writer.close()
  })

  test('an entry that is gone is told as gone', async () => {
    await clear(owner)
    await store(owner, randomLog(41, 30))
    await foldAll(sql)
    await owner.unsafe('delete from countersign.entries')
    const { rows } = await listActivity(sql, ask(), null, 5)
    expect(rows.length).toBe(5)
    expect(rows.every(({ isGone }) => isGone)).toBe(true)
  })
})
