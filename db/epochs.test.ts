import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

test('the highest epoch stays the highest, whoever comes later, and leaves no older one behind', () => {
  for (const epoch of [3, 7, 5]) openEpochs(dataDir, 'log').remember(epoch)
  expect(openEpochs(dataDir, 'log').highest()).toBe(7)
  expect(readdirSync(folder())).toEqual(['7'])
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
