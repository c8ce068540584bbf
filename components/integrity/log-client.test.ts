import { afterEach, expect, test, vi } from 'vitest'
import { askPages, inGroups } from './log-client'

afterEach(() => vi.unstubAllGlobals())

const stretch = (writer: string, length: number) => ({ writer, from: 1, to: length })

test('stretches are asked for in their order, so many together as are answered at once; one that is too long by itself', () => {
  const many = Array.from({ length: 700 }, () => stretch('a', 2))
  expect(inGroups(many).map(({ length }) => length)).toEqual([512, 188])
  expect(inGroups([stretch('a', 2_000), stretch('b', 48), stretch('c', 1)]).map(({ length }) => length)).toEqual([2, 1])
  expect(inGroups([stretch('a', 5), stretch('b', 9e15), stretch('c', 5)]).map((some) => some.map(({ writer }) => writer))).toEqual([
    ['a'],
    ['b'],
    ['c'],
  ])
  expect(inGroups([])).toEqual([])
})

test('of a stretch without end the rows that are there are read, page by page', async () => {
  const rows = [1, 7, 9].map((seq) => ({ seq, signature: null }))
  vi.stubGlobal('fetch', async (_path: string, { body }: { body: string }) => {
    const { ask, after } = JSON.parse(body)
    expect(ask).toBe('rows')
    return Response.json(rows.filter(({ seq }) => seq > after).slice(0, 2))
  })
  const found = await askPages(() => undefined).rowsOf([stretch('a', 9e15)])
  expect(found.map(({ writer, seq }) => [writer, seq])).toEqual([
    ['a', 1],
    ['a', 7],
    ['a', 9],
  ])
})
