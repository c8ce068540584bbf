import { expect, test } from 'vitest'
import { anchorOf, stampedTo, type View } from './verify-views'

const root = new Uint8Array(32)
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`
/** A view of this size by witnesses, each named after its host. */
const seen = (size: number, ...hosts: readonly string[]): View => ({
  ...{ from: hosts.join(), size, root, at: at(size) },
  cosigned: hosts.map((host) => ({ witness: `${host}/key`, host, at: at(size) })),
})

test.each<{ what: string; views: readonly View[]; threshold: number; size: number | null }>([
  { what: 'nobody', views: [], threshold: 1, size: null },
  { what: 'one of one', views: [seen(5, 'a')], threshold: 1, size: 5 },
  { what: 'the largest that one has seen', views: [seen(5, 'a'), seen(9, 'a')], threshold: 1, size: 9 },
  { what: 'one of two', views: [seen(5, 'a')], threshold: 2, size: null },
  { what: 'two of two', views: [seen(5, 'a', 'b')], threshold: 2, size: 5 },
  { what: 'two that are not as far', views: [seen(9, 'a'), seen(5, 'b')], threshold: 2, size: 5 },
  { what: 'the two of three that are furthest', views: [seen(9, 'a'), seen(5, 'b'), seen(7, 'c')], threshold: 2, size: 7 },
  {
    what: 'two witnesses on one machine, which are one',
    views: [
      { ...seen(5, 'a'), from: 'first' },
      { ...seen(9, 'a'), from: 'second' },
    ],
    threshold: 2,
    size: null,
  },
  { what: 'copies and stamps, which nobody cosigned', views: [{ ...seen(5), stamped: { by: 'x', at: at(1) } }], threshold: 1, size: null },
])('anchored by $what', ({ views, threshold, size }) => {
  expect(anchorOf(views, threshold)?.size ?? null).toBe(size)
  expect(anchorOf([...views].reverse(), threshold)?.size ?? null).toBe(size)
})

test('the largest stamped size is told, with its own stamp', () => {
  const [small, large] = [
    { ...seen(5), stamped: { by: 'x', at: at(1) } },
    { ...seen(8), stamped: { by: 'y', at: at(2) } },
  ]
  expect(stampedTo([small, large, seen(9, 'a')])).toEqual({ by: 'y', at: at(2), size: 8 })
  expect(stampedTo([seen(9, 'a')])).toBeNull()
})
