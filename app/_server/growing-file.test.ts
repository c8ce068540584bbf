import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type Ended, streamOf } from './growing-file'

const folder = mkdtempSync(join(tmpdir(), 'countersign-growing-'))
let count = 0
let names: readonly [string, string]
let left = 0
const over = async (): Promise<void> => {
  left += 1
}

beforeEach(() => {
  count += 1
  left = 0
  names = [join(folder, `${count}.part`), join(folder, `${count}`)]
})
afterAll(() => rmSync(folder, { recursive: true }))

function writing(): { readonly ended: Promise<Ended>; end(failed: Error | null): void } {
  let end: (failed: Error | null) => void = () => undefined
  const ended = new Promise<Ended>((resolve) => {
    end = (failed) => resolve({ failed })
  })
  return { ended, end: (failed) => end(failed) }
}

async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString()
}

test('what grows, is renamed and ends comes whole, once it is there', async () => {
  const { ended, end } = writing()
  const opening = streamOf({ names, ended }, over)
  writeFileSync(names[0], 'one ')
  const stream = await opening
  const reading = read(stream)
  appendFileSync(names[0], 'two ')
  renameSync(...names)
  appendFileSync(names[1], 'three')
  end(null)
  expect(await reading).toBe('one two three')
  expect(left).toBe(1)
})

test('what was over before anybody looked is found under its last name', async () => {
  const { ended, end } = writing()
  writeFileSync(names[1], 'all of it')
  end(null)
  expect(await read(await streamOf({ names, ended }, over))).toBe('all of it')
})

test('what failed breaks off, and never looks like all of it', async () => {
  const { ended, end } = writing()
  writeFileSync(names[0], 'a part')
  const stream = await streamOf({ names, ended }, over)
  end(new Error('the disk is full'))
  await expect(read(stream)).rejects.toThrow('the disk is full')
  expect(left).toBe(1)
})

test('what is over and was never there is a failure, and nobody looks for it for ever', async () => {
  const { ended, end } = writing()
  const opening = streamOf({ names, ended }, over)
  end(null)
  await expect(opening).rejects.toThrow('is gone')
})

test('whoever stops reading ends it once, in the middle of a look as well', async () => {
  const { ended } = writing()
  writeFileSync(names[0], 'a part')
  const reader = (await streamOf({ names, ended }, over)).getReader()
  await reader.read()
  const waiting = reader.read()
  await reader.cancel()
  await waiting
  expect(left).toBe(1)
})
