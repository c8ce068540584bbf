import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEpochs } from './epochs'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-epochs-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const folder = () => join(dataDir, 'state', 'epochs', 'log')
const seen = () => join(folder(), 'seen')

test('the highest epoch stays the highest, whoever comes later', () => {
  for (const epoch of [3, 7, 5]) openEpochs(dataDir, 'log').remember(epoch)
  expect(openEpochs(dataDir, 'log').highest()).toBe(7)
})

test('processes that raced past each other leave the higher one in force', () => {
  const epochs = openEpochs(dataDir, 'log')
  epochs.remember(9)
  appendFileSync(seen(), '\n8.\n')
  expect(epochs.highest()).toBe(9)
})

test('a line that a crash cut short says nothing, and hides nothing that comes after it', () => {
  const epochs = openEpochs(dataDir, 'log')
  epochs.remember(4)
  appendFileSync(seen(), '\n9999')
  expect(epochs.highest()).toBe(4)
  epochs.remember(5)
  expect(openEpochs(dataDir, 'log').highest()).toBe(5)
})

test('what an earlier release remembered counts', () => {
  openEpochs(dataDir, 'log').remember(2)
  writeFileSync(join(folder(), '6'), '')
  expect(openEpochs(dataDir, 'log').highest()).toBe(6)
})

test.each([
  { fault: 'went away', hurt: () => rmSync(folder(), { recursive: true }) },
  {
    fault: 'is a file now',
    hurt: () => {
      rmSync(folder(), { recursive: true })
      writeFileSync(folder(), '')
    },
  },
  {
    fault: 'takes no file any more',
    hurt: () => {
      rmSync(folder(), { recursive: true })
      symlinkSync('/dev/fd', folder())
    },
  },
])('a folder that $fault is a foreseen failure, not the end of a gateway', ({ hurt }) => {
  const epochs = openEpochs(dataDir, 'log')
  hurt()
  // Above every number that /dev/fd may list.
  expect(() => epochs.remember(1_000_000)).toThrowError(expect.objectContaining({ fault: 'unavailable' }))
})

test('a place where no folder can be made is a foreseen failure', () => {
  mkdirSync(join(dataDir, 'state'))
  writeFileSync(join(dataDir, 'state', 'epochs'), '')
  expect(() => openEpochs(dataDir, 'log')).toThrowError(expect.objectContaining({ fault: 'unavailable' }))
})
