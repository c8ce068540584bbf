import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatPolicy } from './format'

const folder = join(import.meta.dirname, '../../policies')
const starters = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.includes('.cases.'))

test.each(starters)('%s is written as it would be formatted, comments and all', (name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  const formatted = formatPolicy(text)
  expect(formatted).not.toBeNull()
  expect(formatPolicy(formatted ?? '')).toBe(formatted)
  for (const comment of text.match(/#.*/g) ?? []) expect(formatted).toContain(comment)
})

test('indentation and spaces are put right', () => {
  const text = 'version:   "1"\nrules:\n- tool:   [ "a" ,b]   # both\n  action:    allow\n'
  expect(formatPolicy(text)).toBe('version: "1"\nrules:\n  - tool: ["a", b] # both\n    action: allow\n')
})

test('a text with errors stays as it is', () => {
  expect(formatPolicy('version: "1"\nrules: [')).toBeNull()
  expect(formatPolicy('version: "1"\nrulez: []\n')).toBeNull()
})
