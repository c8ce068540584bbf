import { expect, test } from 'vitest'
import { SHOWN_MINUTES, timelineSpans } from './timeline-spans'

const minute = (at: string, size: number, cosignatures = 0) => ({ at: `2026-11-23T${at}:00.000Z`, size, checkpoints: 2, cosignatures })

test('a minute without a checkpoint is a gap, and what came after it counts from where the log was', () => {
  const spans = timelineSpans({ minutes: [minute('09:58', 40), minute('10:00', 45, 1)], before: 30, now: '2026-11-23T10:00:00.000Z' })
  expect(spans).toHaveLength(SHOWN_MINUTES)
  expect(spans.slice(-3).map(({ entries }) => entries)).toEqual([10, null, 5])
  expect(spans.slice(0, -3).every(({ entries, size }) => entries === null && size === 30)).toBe(true)
  expect(spans.at(-1)).toMatchObject({ at: '2026-11-23T10:00:00.000Z', size: 45, cosignatures: 1 })
})
