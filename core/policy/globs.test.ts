import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyGlob, parseGlob } from './globs'

const matches = (glob: string, name: string): boolean => anyGlob([glob])(name)

describe('a glob', () => {
  test.each([
    { glob: 'read_file', yes: ['read_file'], no: ['Read_file', 'read_file ', 'read_files', '', 'aread_file'] },
    { glob: 'read_*', yes: ['read_', 'read_a/b\n.c'], no: ['read', 'xread_a', 'Read_a'] },
    { glob: '*_shell', yes: ['_shell', 'a_shell'], no: ['shell', 'a_shell2'] },
    { glob: '*', yes: ['', 'x', '\u{1f600}'], no: [] },
    { glob: '***', yes: ['', 'x'], no: [] },
    { glob: '?', yes: ['x', '\u{1f600}', '\ud800'], no: ['', 'xy'] },
    { glob: '*?', yes: ['x', 'xy', '\u{1f600}'], no: [''] },
    { glob: '*??', yes: ['xy'], no: ['x', '\u{1f600}'] },
    { glob: 'a*b*c', yes: ['abc', 'aXbXc', 'abbcbc'], no: ['ab', 'acb', 'abcd'] },
    { glob: '{read,write}_{file,dir}', yes: ['read_file', 'write_dir'], no: ['read_', '{read,write}_file', 'read,write_file'] },
    { glob: 'x{,y}', yes: ['x', 'xy'], no: ['x{,y}', 'xyy'] },
    { glob: 'a.c+[x]^$(|)\\', yes: ['a.c+[x]^$(|)\\'], no: ['abc+[x]^$(|)\\'] },
  ])('$glob', ({ glob, yes, no }) => {
    expect(yes.filter((name) => !matches(glob, name))).toEqual([])
    expect(no.filter((name) => matches(glob, name))).toEqual([])
  })

  test.each(['{a', 'a}', '{a,{b,c}}', '}{', '{a,b}{'])('whose braces do not pair is refused: %s', (glob) => {
    expect(() => parseGlob(glob)).toThrow(/braces/)
  })

  test('that holds half a character is refused', () => {
    expect(() => parseGlob('a\ud83d*')).toThrow(/surrogate/)
  })

  test('with more than 256 alternatives is refused before they are spelled out', () => {
    expect(() => parseGlob('{a,b}'.repeat(40))).toThrow(/256/)
    expect(parseGlob('{a,b}'.repeat(8))).toHaveLength(256)
  })

  test('takes time in proportion to pattern times name, however many stars it has', () => {
    const start = process.cpuUsage()
    expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(1024))).toBe(false)
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000)
  })
})

/** The plainest reading of the grammar, over code points. */
function spelled(pattern: readonly string[], name: readonly string[]): boolean {
  const [head, ...rest] = pattern
  if (head === undefined) return name.length === 0
  if (head === '*') return spelled(rest, name) || (name.length > 0 && spelled(pattern, name.slice(1)))
  return name.length > 0 && (head === '?' || head === name[0]) && spelled(rest, name.slice(1))
}

test('every glob matches what the plainest reading of the grammar matches', () => {
  const letters = fc.constantFrom('a', 'b', '\u{1f600}', '\ud83d')
  const patterns = fc.array(fc.constantFrom('a', 'b', '\u{1f600}', '*', '?'), { maxLength: 7 })
  fc.assert(
    fc.property(patterns, fc.array(letters, { maxLength: 8 }), (pattern, name) => {
      const text = name.join('')
      expect(matches(pattern.join(''), text)).toBe(spelled(Array.from(pattern.join('')), Array.from(text)))
    }),
    { seed: 4, numRuns: 2_000 },
  )
})
