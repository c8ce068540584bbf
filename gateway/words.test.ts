import { expect, test } from 'vitest'
import { wordsOf } from './words'

test.each([
  { line: 'npx -y @scope/server /tmp', words: ['npx', '-y', '@scope/server', '/tmp'] },
  { line: '  a\tb  ', words: ['a', 'b'] },
  { line: `a 'b c' "d e" f\\ g`, words: ['a', 'b c', 'd e', 'f g'] },
  { line: `a'b'"c"d`, words: ['abcd'] },
  { line: `a "" ''`, words: ['a', '', ''] },
  { line: `a "\\"\\$x\\n"`, words: ['a', '"$x\\n'] },
  { line: `a '$HOME;|'`, words: ['a', '$HOME;|'] },
  { line: 'C:/x --a=b,c [d] *', words: ['C:/x', '--a=b,c', '[d]', '*'] },
])('$line is $words', ({ line, words }) => {
  expect(wordsOf(line)).toEqual(words)
})

test.each(['', '   ', "a 'b", 'a "b', 'a \\', 'a; b', 'a | b', 'a && b', 'a > b', 'a $(b)', 'a `b`', 'a $HOME', 'a $\u007bHOME}'])(
  '%s is refused',
  (line) => {
    expect(() => wordsOf(line)).toThrow(/upstream command/)
  },
)
