import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCases, parsePolicy } from './language'
import { lintPolicy } from './lint'
import { readYaml } from './yaml-text'

const folder = join(import.meta.dirname, '../../policies')
const texts = readdirSync(folder)
  .filter((name) => /^(?:founding|memory|shell)\.yaml$/.test(name))
  .map((name) => readFileSync(join(folder, name), 'utf8'))

/** mulberry32: the same dice on every machine. */
function diceOf(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

const SHARDS = [
  '\n',
  '  ',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '!',
  '|',
  '>',
  '#',
  '~',
  '\0',
  '\ud800',
  '<<',
  '? ',
  '---\n',
  'yes',
  '1e999',
  '\t',
  '__proto__: 1\n',
  '(',
  '\\',
]

function mutate(text: string, dice: (sides: number) => number): string {
  const at = dice(text.length)
  const length = dice(12)
  switch (dice(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length)
    case 1:
      return text.slice(0, at) + SHARDS[dice(SHARDS.length)] + text.slice(at)
    case 2:
      return text.slice(0, at) + text.slice(at + length, at + 2 * length) + text.slice(at, at + length) + text.slice(at + 2 * length)
    default:
      return text.slice(0, at) + String.fromCharCode(dice(dice(2) ? 128 : 65_536)) + text.slice(at + 1)
  }
}

test('nothing throws on 2,000 mutations of valid policies, and every problem has its place in the text', () => {
  const dice = diceOf(20261123)
  let refused = 0
  for (let round = 0; round < 2_000; round++) {
    let text = texts[dice(texts.length)] ?? ''
    for (let times = 1 + dice(3); times > 0; times--) text = mutate(text, dice)
    const { document, problems } = parsePolicy(text)
    if (round % 4 === 0) [parseCases, lintPolicy].map((read) => read(text))
    expect(document === null, `round ${round}`).toBe(problems.length > 0)
    const lines = text.replace(/^\uFEFF/, '').split('\n')
    for (const { place, message } of problems) {
      expect(message, `round ${round}`).not.toMatch(/undefined|\[object|NaN/)
      expect(place.line, `round ${round}`).toBeLessThanOrEqual(lines.length)
      expect(place.column, `round ${round}`).toBeLessThanOrEqual((lines[place.line - 1] ?? '').length + 1)
    }
    if (!document) refused++
  }
  expect(refused).toBeGreaterThan(1_000)
  expect(refused).toBeLessThan(2_000)
}, 120_000)

test('cutting a policy off anywhere never throws', () => {
  const [text = ''] = texts
  for (let end = 0; end < text.length; end += 7) expect(() => readYaml(text.slice(0, end))).not.toThrow()
})
