import { expect, test } from 'vitest'
import { foldName } from './fold'

const alike = (one: string, other: string): boolean => {
  const [a, b] = [foldName(one), foldName(other)]
  return a.plain === b.plain || a.shape === b.shape
}

test.each([
  ['read_file', 'READ_FILE'],
  ['read_file', 'reаd_file'],
  ['read_file', 'ｒｅａｄ＿ｆｉｌｅ'],
  ['read_file', 'read\u200b_\u200dfile\ufeff'],
  ['read_file', '\u202eread_file'],
  ['read_file', 'read_file\u{e0061}'],
  ['read_file', 'read_fi1e'],
  ['read_file', 'read_fiIe'],
  ['read_file', 'read_ﬁle'],
  ['read_file', 'read‿file'],
  ['read-file', 'read‐file'],
  ['read-file', 'read−file'],
  ['command', 'comrnand'],
  ['command', 'соммаnd'],
  ['window', 'vvindow'],
  ['db0', 'dbO'],
  ['kill', 'Kill'],
  ['istanbul', 'İstanbul'],
  ['istanbul', 'ıstanbul'],
  ['set', 'ſet'],
  ['НΕLP', 'help'],
  ['copy', 'ϲορу'],
  ['a b', 'a\u00a0b'],
])('%s and %s could be taken for each other', (one, other) => {
  expect(alike(one, other)).toBe(true)
  expect(alike(other, one)).toBe(true)
})

test.each([
  ['read_file', 'read_files'],
  ['read_file', 'read-file'],
  ['get_v1', 'get_v2'],
  ['mail', 'tail'],
  ['日本', '日木'],
])('%s and %s could not', (one, other) => {
  expect(alike(one, other)).toBe(false)
})
