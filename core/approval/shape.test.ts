import { expect, test } from 'vitest'
import { readShown, type Shown } from './arguments'
import { type Choices, fits, parseShape, shapeOf, shapeText } from './shape'

const shown = (text: string): Shown => {
  const value = readShown(new TextEncoder().encode(text))
  if (!value) throw new Error(`${text} is no call`)
  return value
}
const held = shown('{"path":"/srv/docs/a.txt","content":"hello","lines":10,"flags":{"x":[1,2.0]}}')
const choices: Choices = [
  { name: 'path', bound: { is: 'within', folder: '/srv/docs' } },
  { name: 'content', bound: { is: 'upTo', length: 10 } },
  { name: 'lines', bound: { is: 'atMost', limit: 20 } },
]
const call = (path: string, content: string, lines = '10', flags = '{"x":[1,2.0]}') =>
  shown(`{"path":${JSON.stringify(path)},"content":${JSON.stringify(content)},"lines":${lines},"flags":${flags}}`)

test('without a choice only the very same call fits', () => {
  const shape = shapeOf(held, [])
  expect(fits(shape, held)).toBe(true)
  expect(fits(shape, shown('{"flags":{"x":[1,2.0]},"content":"hello","lines":10,"path":"/srv/docs/a.txt"}'))).toBe(true)
  expect(fits(shape, call('/srv/docs/b.txt', 'hello'))).toBe(false)
  expect(fits(shape, call('/srv/docs/a.txt', 'hello', '10.0'))).toBe(false)
  expect(fits(shape, call('/srv/docs/a.txt', 'hello', '10', '{"x":[1,2]}'))).toBe(false)
})

test.each([
  { what: 'another file in the folder', args: call('/srv/docs/deep/b.txt', '', '0'), is: true },
  { what: 'the largest number', args: call('/srv/docs/a', '0123456789', '20'), is: true },
  { what: 'a number above it', args: call('/srv/docs/a', '', '21'), is: false },
  { what: 'a negative number', args: call('/srv/docs/a', '', '-1'), is: false },
  { what: 'a number in another form', args: call('/srv/docs/a', '', '1e1'), is: false },
  { what: 'a number that a double can not hold', args: call('/srv/docs/a', '', '0.00000000000000000000001'), is: false },
  { what: 'a number as text', args: call('/srv/docs/a', '', '"5"'), is: false },
  { what: 'a longer text', args: call('/srv/docs/a', '01234567890'), is: false },
  { what: 'the folder itself', args: call('/srv/docs', ''), is: false },
  { what: 'the folder’s sibling', args: call('/srv/docs2/a', ''), is: false },
  { what: 'a way out', args: call('/srv/docs/../etc/passwd', ''), is: false },
  { what: 'a way out that is encoded', args: call('/srv/docs/%2e%2e/etc/passwd', ''), is: false },
  { what: 'a way out with backslashes', args: call('/srv/docs/..\\..\\etc', ''), is: false },
  { what: 'a component of dots and blanks', args: call('/srv/docs/.. /a', ''), is: false },
  { what: 'a doubled slash', args: call('/srv/docs//a', ''), is: false },
  { what: 'a relative path', args: call('srv/docs/a', ''), is: false },
  { what: 'a hidden character', args: call('/srv/docs/a\u200b', ''), is: false },
  { what: 'a NUL', args: call('/srv/docs/a\u0000b', ''), is: false },
  { what: 'another value where it must be equal', args: call('/srv/docs/a', '', '1', '{"x":[1,2.0],"y":1}'), is: false },
  { what: 'one argument less', args: shown('{"path":"/srv/docs/a","content":"","lines":1}'), is: false },
  { what: 'one argument more', args: shown('{"path":"/srv/docs/a","content":"","lines":1,"flags":{"x":[1,2.0]},"mode":"x"}'), is: false },
  { what: 'one argument for another', args: shown('{"path":"/srv/docs/a","content":"","lines":1,"Flags":{"x":[1,2.0]}}'), is: false },
  { what: 'a list for a path', args: shown('{"path":["/srv/docs/a"],"content":"","lines":1,"flags":{"x":[1,2.0]}}'), is: false },
])('$what: $is', ({ args, is }) => {
  expect(fits(shapeOf(held, choices), args)).toBe(is)
})

test.each<{ what: string; choices: Choices }>([
  { what: 'an argument that is not there', choices: [{ name: 'mode', bound: { is: 'upTo', length: 5 } }] },
  { what: 'an argument of every object', choices: [{ name: 'toString', bound: { is: 'upTo', length: 5 } }] },
  { what: 'one argument twice', choices: [...choices, { name: 'path', bound: { is: 'upTo', length: 500 } }] },
  { what: 'a folder the call is not in', choices: [{ name: 'path', bound: { is: 'within', folder: '/tmp' } }] },
  { what: 'the root', choices: [{ name: 'path', bound: { is: 'within', folder: '' } }] },
  { what: 'the root by its slash', choices: [{ name: 'path', bound: { is: 'within', folder: '/' } }] },
  { what: 'a folder with a slash behind', choices: [{ name: 'path', bound: { is: 'within', folder: '/srv/docs/' } }] },
  { what: 'a folder that climbs', choices: [{ name: 'path', bound: { is: 'within', folder: '/srv/docs/..' } }] },
  { what: 'less than the call itself', choices: [{ name: 'lines', bound: { is: 'atMost', limit: 9 } }] },
  { what: 'no number', choices: [{ name: 'lines', bound: { is: 'atMost', limit: Number.NaN } }] },
  { what: 'a text bound on a number', choices: [{ name: 'lines', bound: { is: 'upTo', length: 100 } }] },
  { what: 'a text of any length', choices: [{ name: 'content', bound: { is: 'upTo', length: Number.POSITIVE_INFINITY } }] },
])('a bound of $what makes no grant', ({ choices: wrong }) => {
  expect(() => shapeOf(held, wrong)).toThrow(expect.objectContaining({ fault: 'invalid' }))
})

test('a shape reads back as it was written, and nothing else is one', () => {
  const shape = shapeOf(held, choices)
  const text = shapeText(shape)
  expect(parseShape(text)).toEqual([...shape].sort((a, b) => (a.name < b.name ? -1 : 1)))
  for (const bent of [
    '',
    '{}',
    'null',
    '[[]]',
    `${text} `,
    text.replace('within', 'inside'),
    text.replace('20', '2e1'),
    '[["a","atMost",-1]]',
  ])
    expect(parseShape(bent)).toBeNull()
  expect(parseShape('[]')).toEqual([])
  expect(fits([], shown('{}'))).toBe(true)
})
