import { expect, test } from 'vitest'
import { readShown, type Shown } from './arguments'
import { type Choices, fits, leadsInside, parseShape, pathsWithin, shapeOf, shapeText } from './shape'

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
  { what: 'a two dot leader', args: call('/srv/docs/\u2025/a', ''), is: false },
  { what: 'dots of full width', args: call('/srv/docs/\uff0e\uff0e/a', ''), is: false },
  { what: 'dots and a blank that does not break', args: call('/srv/docs/..\u00a0', ''), is: false },
  { what: 'dots and an ideographic blank', args: call('/srv/docs/..\u3000/a', ''), is: false },
  { what: 'dots and a braille blank', args: call('/srv/docs/..\u2800/a', ''), is: false },
  { what: 'dots and a joiner that is not drawn', args: call('/srv/docs/.\u034f./a', ''), is: false },
  { what: 'dots and a selector that is not drawn', args: call('/srv/docs/..\ufe0f/a', ''), is: false },
  { what: 'a component that is not drawn at all', args: call('/srv/docs/\u034f/a', ''), is: false },
  { what: 'a blank that a server trims', args: call('/srv/docs/link ', ''), is: false },
  { what: 'a slash of full width', args: call('/srv/docs/a\uff0f..\uff0fb', ''), is: false },
  { what: 'a character that is a slash and its neighbours', args: call('/srv/docs/\u2105', ''), is: false },
  { what: 'a pattern', args: call('/srv/docs/*', ''), is: false },
  { what: 'a pattern of full width', args: call('/srv/docs/\uff0a', ''), is: false },
  { what: 'a pattern of one character', args: call('/srv/docs/?', ''), is: false },
  { what: 'a pattern of a class', args: call('/srv/docs/[.][.]/a', ''), is: false },
  { what: 'alternatives', args: call('/srv/docs/{.,x}./a', ''), is: false },
  { what: 'a command', args: call('/srv/docs/$(id)', ''), is: false },
  { what: 'a variable', args: call('/srv/docs/$HOME', ''), is: false },
  { what: 'a command in backticks', args: call('/srv/docs/`id`', ''), is: false },
  {
    what: 'a name in another script, with dots and blanks inside',
    args: call('/srv/docs/Übersicht 2.0/.résumé…v1 日本.txt', ''),
    is: true,
  },
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
  { what: 'a folder that is a pattern', choices: [{ name: 'path', bound: { is: 'within', folder: '/srv/*' } }] },
  { what: 'a folder that climbs', choices: [{ name: 'path', bound: { is: 'within', folder: '/srv/docs/..' } }] },
  { what: 'less than the call itself', choices: [{ name: 'lines', bound: { is: 'atMost', limit: 9 } }] },
  { what: 'no number', choices: [{ name: 'lines', bound: { is: 'atMost', limit: Number.NaN } }] },
  { what: 'a text bound on a number', choices: [{ name: 'lines', bound: { is: 'upTo', length: 100 } }] },
  { what: 'a text of any length', choices: [{ name: 'content', bound: { is: 'upTo', length: Number.POSITIVE_INFINITY } }] },
])('a bound of $what makes no grant', ({ choices: wrong }) => {
  expect(() => shapeOf(held, wrong)).toThrow(expect.objectContaining({ fault: 'invalid' }))
})

test('only the paths that are bounded by a folder are followed, each with its folder', () => {
  expect(pathsWithin(shapeOf(held, choices), call('/srv/docs/b', ''))).toEqual([{ path: '/srv/docs/b', folder: '/srv/docs' }])
  expect(pathsWithin(shapeOf(held, []), held)).toEqual([])
})

test.each<{ what: string; leads?: string | null; into?: string | null; is: boolean }>([
  { what: 'where it says', is: true },
  { what: 'elsewhere in the folder', leads: '/srv/docs/deep/c', is: true },
  { what: 'out', leads: '/etc/passwd', is: false },
  { what: 'to the folder itself', leads: '/srv/docs', is: false },
  { what: 'to the folder’s sibling', leads: '/srv/docs2/b', is: false },
  { what: 'nobody knows where', leads: null, is: false },
  { what: 'into a folder that is elsewhere', leads: '/data/docs/b', into: '/data/docs', is: true },
  { what: 'into a folder that is everything', leads: '/b', into: '/', is: false },
  { what: 'where the folder only seems to be', into: '/data/docs', is: false },
  { what: 'into a folder of which nobody knows where it is', into: null, is: false },
])('a path that leads $what: $is', ({ leads = '/srv/docs/b', into = '/srv/docs', is }) => {
  const [path, folder] = ['/srv/docs/b', '/srv/docs']
  const real = new Map([[path, leads] as const, [folder, into] as const])
  expect(leadsInside([{ path, folder }], real)).toBe(is)
  expect(leadsInside([{ path, folder }], new Map([[folder, into] as const]))).toBe(false)
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
