import { expect, test } from 'vitest'
import { scanLine } from '../core/mcp/scan'
import { ProgressFloors } from './progress'

const bytes = (text: string) => new TextEncoder().encode(text)

function passes(floors: ProgressFloors, token: string, progress: string): boolean {
  const line = bytes(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${progress}}}`)
  const { message } = scanLine(line, 'server')
  if (message?.kind !== 'notification') throw new Error('no notification')
  return floors.passes(line, message.params)
}

const told = (floors: ProgressFloors, token: string): number =>
  JSON.parse(Buffer.from(floors.next(bytes(token), 'Waiting')).toString()).params.progress

test('our own progress rises strictly, below what any server begins with', () => {
  const floors = new ProgressFloors()
  const steps = Array.from({ length: 300 }, () => told(floors, '1'))
  expect(steps.slice(0, 3)).toEqual([0.001, 0.002, 0.003])
  for (let at = 1; at < steps.length; at++) expect(steps[at]).toBeGreaterThan(steps[at - 1] ?? 0)
  expect(steps.at(-1)).toBeLessThan(1)
})

test('what the upstream says of the same token passes only when it rises above ours', () => {
  const floors = new ProgressFloors()
  told(floors, '"a"')
  told(floors, '"a"')
  expect(['0', '0.001', '0.002', '-1'].filter((progress) => passes(floors, '"a"', progress))).toEqual([])
  expect(['0.0021', '1', '50'].filter((progress) => !passes(floors, '"a"', progress))).toEqual([])
})

test('tokens are compared as JSON values: 1 is not "1", and two spellings of one string are one', () => {
  const floors = new ProgressFloors()
  told(floors, '"1"')
  expect(passes(floors, '1', '0')).toBe(true)
  expect(passes(floors, '"\\u0031"', '0')).toBe(false)
})

test('a token is free again when its request was answered', () => {
  const floors = new ProgressFloors()
  told(floors, '7')
  floors.release(bytes('7'))
  expect(floors.size).toBe(0)
  expect(passes(floors, '7', '0')).toBe(true)
})
