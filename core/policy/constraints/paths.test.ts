import { describe, expect, test } from 'vitest'
import type { PathsForm } from '../document'
import { type Envelope, type Facts, noFacts } from '../model'
import { compileAllowedPaths, compileDeniedPaths } from './paths'
import { pathRows } from './paths.rows'

const call = (args: Envelope['args']): Envelope => ({
  method: 'tools/call',
  tool: 'read_text_file',
  server: 'filesystem',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: null,
  args,
})

const read = (path: string): Envelope => call({ path })

const rows = pathRows({ root: '/srv/root', outside: '/srv/outside' })

describe('allowedPaths', () => {
  const bound = compileAllowedPaths({ within: ['/srv/root/'] })

  test.each(rows)('$call: $expected', ({ args, expected }) => {
    expect(bound.check(call(args), noFacts)).toMatchObject({ is: expected })
  })

  test('has rows enough, each with its own sentence', () => {
    expect(rows.length).toBeGreaterThanOrEqual(120)
    expect(new Set(rows.map((row) => row.call)).size).toBe(rows.length)
  })

  test.each([
    ['/etc/passwd', '"/etc/passwd" is outside "/srv/root/"'],
    ['/srv/root/%2e%2e/x', '"/srv/root/%2e%2e/x" (that is "/srv/root/../x") is outside "/srv/root/"'],
    ['a.txt', '"a.txt" is relative to a folder that policy does not know'],
    ['~/x', '"~/x" starts at a home folder that policy does not know'],
    ['/srv/root/\0', '"/srv/root/\\u{0}" holds a NUL'],
    ['/\u001b[31m\u202e', '"/\\u{1b}[31m\\u{202e}" is outside "/srv/root/"'],
  ])('says why %j is refused', (path, because) => {
    expect(bound.check(read(path), noFacts)).toMatchObject({ because })
  })

  test('names three folders and counts the rest', () => {
    const many = compileAllowedPaths({ within: ['/a', '/b', '/c', '/d', '/e'] })
    expect(many.check(read('/x'), noFacts)).toMatchObject({ because: '"/x" is outside "/a", "/b", "/c" and 2 more' })
  })

  test('a thousand paths are read, and no more: each is resolved on disk', () => {
    const paths = (count: number) => Array.from({ length: count }, (_, at) => `/srv/root/${at}`)
    expect(bound.check(call({ paths: paths(1_000) }), noFacts)).toMatchObject({ is: 'true' })
    expect(bound.check(call({ paths: paths(1_001) }), noFacts)).toMatchObject({ is: 'unknown' })
    expect(bound.needs?.(call({ paths: paths(1_001) })).paths).toEqual([])
  })

  test('ten thousand texts that may be paths are taken apart, and no more', () => {
    const times = (count: number) => Array.from({ length: count }, () => '1:2')
    expect(bound.check(call({ path: '/srv/root/a', times: times(10_000) }), noFacts)).toMatchObject({ is: 'true' })
    expect(bound.check(call({ path: '/srv/root/a', times: times(10_001) }), noFacts)).toMatchObject({ is: 'unknown' })
  })

  test('a path that can not be read outweighs one that is outside, so that nobody is asked about it', () => {
    expect(bound.check(call({ paths: ['/etc/passwd', 'a.txt'] }), noFacts)).toMatchObject({ is: 'unknown' })
    expect(bound.check(call({ paths: ['a.txt', '/etc/passwd'] }), noFacts)).toMatchObject({ is: 'unknown' })
  })
})

describe('allowedPaths with options', () => {
  const check = (form: Partial<PathsForm>, args: Envelope['args']) =>
    compileAllowedPaths({ within: ['/srv/root'], ...form }).check(call(args), noFacts).is

  test.each<[string, Partial<PathsForm>, Envelope['args'], string]>([
    ['the file system root as a folder', { within: ['/'] }, { path: '/etc/passwd' }, 'true'],
    ['the file system root itself', { within: ['/'] }, { path: '/' }, 'true'],
    ['a folder in a folder', { within: ['/srv/root', '/srv'] }, { path: '/srv/x' }, 'true'],
    ['the second of two folders', { within: ['/tmp', '/srv/root'] }, { path: '/srv/root/a' }, 'true'],
    ['a folder with doubled slashes', { within: ['/srv//root//'] }, { path: '/srv/root/a' }, 'true'],
    ['a folder with a composed letter, as written', { within: ['/srv/caf\u00e9'] }, { path: '/srv/caf\u00e9/a' }, 'true'],
    ['a folder with a composed letter, decomposed', { within: ['/srv/caf\u00e9'] }, { path: '/srv/cafe\u0301/a' }, 'false'],
    ['a decomposed letter, composed', { within: ['/srv/cafe\u0301'] }, { path: '/srv/caf\u00e9/a' }, 'false'],
    ['a folder with a Kelvin sign as a K', { within: ['/srv/K'] }, { path: '/srv/\u212a/a' }, 'false'],
    ['a relative path from a folder inside', { relativeTo: '/srv/root' }, { path: 'a/b.txt' }, 'true'],
    ['a relative path that climbs out', { relativeTo: '/srv/root' }, { path: '../x' }, 'false'],
    ['a relative path that climbs out in code', { relativeTo: '/srv/root' }, { path: '%2e%2e/x' }, 'false'],
    ['a relative path from a folder outside', { relativeTo: '/srv' }, { path: 'a.txt' }, 'false'],
    ['a relative path from a folder outside, back in', { relativeTo: '/srv' }, { path: 'root/a.txt' }, 'true'],
    ['a relative name in quotes', { relativeTo: '/srv/root' }, { path: '"/etc/passwd"' }, 'false'],
    ['an absolute path behind a blank', { relativeTo: '/srv/root' }, { path: ' /etc/passwd' }, 'unknown'],
    ['an absolute path behind a control', { relativeTo: '/srv/root' }, { path: '\u001c/etc/passwd' }, 'false'],
    ['an absolute path behind a blank in quotes', { relativeTo: '/srv/root' }, { path: '" /etc/passwd' }, 'unknown'],
    ['an absolute path in code', { relativeTo: '/srv/root' }, { path: '%2fetc%2fpasswd' }, 'false'],
    ['a drive where relative paths are known', { relativeTo: '/srv/root' }, { path: 'C:/secret' }, 'false'],
    ['a network share where relative paths are known', { relativeTo: '/srv/root' }, { path: '\\\\server\\share' }, 'false'],
    ['a home folder where relative paths are known', { relativeTo: '/srv/root' }, { path: '~/x' }, 'unknown'],
    ['a file URL where relative paths are known', { relativeTo: '/srv/root' }, { path: 'file:///srv/root/a' }, 'true'],
    ['a file URL of elsewhere', { relativeTo: '/srv/root' }, { path: 'file:///etc/passwd' }, 'false'],
    ['a drive', { within: ['C:/data'] }, { path: 'C:\\data\\a.txt' }, 'true'],
    ['a drive in a small letter', { within: ['C:\\data'] }, { path: 'c:/data/a.txt' }, 'true'],
    ['another drive', { within: ['C:\\data'] }, { path: 'D:\\data\\a.txt' }, 'false'],
    ['a climb on a drive', { within: ['C:\\data'] }, { path: 'C:\\data\\..\\secret' }, 'false'],
    ['a path without the drive', { within: ['C:\\data'] }, { path: '\\data\\a.txt' }, 'unknown'],
    ['a share', { within: ['\\\\server\\share'] }, { path: '\\\\server\\share\\a' }, 'true'],
    ['another share', { within: ['\\\\server\\share'] }, { path: '\\\\server\\other\\a' }, 'false'],
    ['an encoded climb taken literally', { encoding: 'literal' }, { path: '/srv/root/%2e%2e/x' }, 'true'],
    ['a backslashed climb taken literally', { encoding: 'literal' }, { path: '/srv/root/..\\..\\x' }, 'true'],
    ['a plain climb taken literally', { encoding: 'literal' }, { path: '/srv/root/../x' }, 'false'],
    ['quotes taken literally', { encoding: 'literal', relativeTo: '/srv/root' }, { path: "'/etc/passwd'" }, 'true'],
    ['a NUL taken literally', { encoding: 'literal' }, { path: '/srv/root/\0' }, 'unknown'],
    ['a home folder taken literally', { encoding: 'literal', relativeTo: '/srv/root' }, { path: '~/x' }, 'unknown'],
    ['the argument named', { args: ['target'] }, { target: '/srv/root/a' }, 'true'],
    ['the argument named with args. in front', { args: ['args.target'] }, { target: '/srv/root/a' }, 'true'],
    ['the argument named, outside', { args: ['target'] }, { target: '/etc/passwd' }, 'false'],
    ['the argument named, relative', { args: ['target'] }, { target: 'a' }, 'unknown'],
    ['the argument named, a number', { args: ['target'] }, { target: 3 }, 'unknown'],
    ['the argument named, an object', { args: ['target'] }, { target: { path: '/srv/root/a' } }, 'unknown'],
    ['the argument named, missing', { args: ['target'] }, { path: '/srv/root/a' }, 'unknown'],
    ['the argument named, null', { args: ['target'] }, { target: null }, 'unknown'],
    ['another argument with a path', { args: ['target'] }, { target: '/srv/root/a', path: '/srv/root/b' }, 'unknown'],
    ['another argument that climbs', { args: ['target'] }, { target: '/srv/root/a', x: 'a/../b' }, 'unknown'],
    ['another argument with an encoded path', { args: ['target'] }, { target: '/srv/root/a', x: '%2fetc' }, 'unknown'],
    ['another argument with a path in JSON', { args: ['target'] }, { target: '/srv/root/a', x: '["/etc"]' }, 'unknown'],
    ['another argument with a separator', { args: ['target'] }, { target: '/srv/root/a', x: 'a/b' }, 'true'],
    ['content beside the argument named', { args: ['target'] }, { target: '/srv/root/a', content: '/etc/passwd' }, 'true'],
    ['content, named', { args: ['content'] }, { content: '/etc/passwd' }, 'false'],
    ['arguments named inside a list', { args: ['files.at'] }, { files: [{ at: '/srv/root/a' }, { at: '/etc/x' }] }, 'false'],
    ['an argument named inside JSON', { args: ['options.at'] }, { options: '{"at":"/etc/x"}' }, 'false'],
  ])('%s: %j %j is %s', (_call, form, args, expected) => {
    expect(check(form, args)).toBe(expected)
  })

  test.each(['~/data', 'data', './data', 'C:data', '/srv/../etc', '/srv/\0', ''])('the folder %j is refused', (folder) => {
    expect(() => compileAllowedPaths({ within: [folder] })).toThrow(/the folder/)
    expect(() => compileAllowedPaths({ within: ['/srv'], relativeTo: folder })).toThrow(/the folder/)
  })
})

/** Folders resolve to themselves unless said otherwise. */
const onDisk = (links: { readonly [path: string]: string | null }): Facts => ({
  ...noFacts,
  realpaths: new Map(Object.entries({ '/srv/root': '/srv/root', ...links })),
})

describe('allowedPaths where links can be seen', () => {
  const bound = compileAllowedPaths({ within: ['/srv/root'] })

  test.each<[string, string, { readonly [path: string]: string | null }, string]>([
    ['a file that is where it says', '/srv/root/a', { '/srv/root/a': '/srv/root/a' }, 'true'],
    ['a folder with a slash', '/srv/root/a/', { '/srv/root/a': '/srv/root/a' }, 'true'],
    ['a link to elsewhere (CVE-2025-53109)', '/srv/root/a', { '/srv/root/a': '/etc/passwd' }, 'false'],
    ['a link to a sibling', '/srv/root/a', { '/srv/root/a': '/srv/rootfoo/a' }, 'false'],
    ['a link inside', '/srv/root/a', { '/srv/root/a': '/srv/root/b' }, 'true'],
    ['a link that can not be resolved', '/srv/root/a', { '/srv/root/a': null }, 'unknown'],
    ['a file nobody looked at', '/srv/root/a', {}, 'unknown'],
    ['a folder that is a link itself', '/srv/root/a', { '/srv/root': '/data', '/srv/root/a': '/data/a' }, 'true'],
    ['a link out of a folder that is a link', '/srv/root/a', { '/srv/root': '/data', '/srv/root/a': '/srv/root/a' }, 'false'],
    ['a folder that can not be resolved', '/srv/root/a', { '/srv/root': null, '/srv/root/a': '/srv/root/a' }, 'unknown'],
    ['a climb that is really inside', '/srv/root/b/../a', { '/srv/root/a': '/srv/root/a', '/srv/root/b/../a': '/srv/root/a' }, 'true'],
    ['a climb behind a link', '/srv/root/b/../a', { '/srv/root/a': '/srv/root/a', '/srv/root/b/../a': '/etc/a' }, 'false'],
    ['a climb that nobody walked', '/srv/root/b/../a', { '/srv/root/a': '/srv/root/a' }, 'unknown'],
    ['a real path that climbs', '/srv/root/a', { '/srv/root/a': '/srv/root/../etc' }, 'unknown'],
    ['a real path that is relative', '/srv/root/a', { '/srv/root/a': 'a' }, 'unknown'],
    ['a reading that is a link', '/srv/root/%61', { '/srv/root/%61': '/srv/root/%61', '/srv/root/a': '/etc/x' }, 'false'],
    ['a reading nobody looked at', '/srv/root/%61', { '/srv/root/%61': '/srv/root/%61' }, 'unknown'],
  ])('%s', (_call, path, links, expected) => {
    expect(bound.check(read(path), onDisk(links))).toMatchObject({ is: expected })
  })

  test('asks for the folder and the path, and for the way a climb is walked', () => {
    expect(bound.needs?.(read('/srv/root/a/')).paths).toEqual(['/srv/root', '/srv/root/a'])
    expect(bound.needs?.(read('/srv/root/b/../a')).paths).toEqual(['/srv/root', '/srv/root/a', '/srv/root/b/../a'])
  })

  test.each(['/etc/passwd', '/srv/root/../x', '/srv/root/%2e%2e/x', 'a', '/srv/root/\0', '/srv/root/%ff'])(
    'never has %j touched',
    (path) => {
      expect(bound.needs?.(read(path)).paths).toEqual([])
    },
  )

  test('never has anything touched when one path of several is outside', () => {
    expect(bound.needs?.(call({ paths: ['/srv/root/a', '/etc/passwd'] })).paths).toEqual([])
  })
})

describe('deniedPaths', () => {
  const bound = compileDeniedPaths({ within: ['/srv/root/.ssh', '/etc', '/Users/Me/Stra\u00dfe'] })

  test.each([
    ['a path elsewhere', '/srv/root/a', 'true'],
    ['a name that begins alike', '/srv/root/.sshfoo', 'true'],
    ['a sibling', '/srv/root/.gitconfig', 'true'],
    ['the folder', '/etc', 'hit'],
    ['a file in it', '/etc/passwd', 'hit'],
    ['the folder above', '/srv/root', 'hit'],
    ['the root', '/', 'hit'],
    ['capitals', '/ETC/passwd', 'hit'],
    ['capitals in the middle', '/srv/Root/.SSH/id_rsa', 'hit'],
    ['a long s', '/\u017frv/root/.ssh', 'hit'],
    ['a sharp s as two letters', '/users/me/STRASSE', 'hit'],
    ['a decomposed letter', '/etc/e\u0301', 'hit'],
    ['an ignorable character (CVE-2014-9390)', '/e\u200ctc/passwd', 'hit'],
    ['a dot at the end', '/etc./passwd', 'hit'],
    ['a blank at the end', '/etc /passwd', 'hit'],
    ['a stream', '/srv/root/.ssh::$INDEX_ALLOCATION/id_rsa', 'hit'],
    ['an encoded name', '/%65tc/passwd', 'hit'],
    ['a doubly encoded name', '/%2565tc/passwd', 'hit'],
    ['a climb', '/srv/../etc/passwd', 'hit'],
    ['backslashes', '/srv\\..\\etc\\passwd', 'hit'],
    ['a doubled slash in front', '//srv/x', 'true'],
    ['a doubled slash in front of the folder', '//etc/passwd', 'hit'],
    ['three slashes in front of the folder', '///etc/passwd', 'hit'],
    ['a doubled slash, and a climb', '//srv/../etc/passwd', 'hit'],
    ['a doubled slash in code', '/%2fetc/passwd', 'hit'],
    ['doubled backslashes in front of the folder', '\\\\etc\\passwd', 'hit'],
    ['a relative path', 'passwd', 'unknown'],
    ['a relative path that a hit follows', 'x" /etc', 'unknown'],
    ['a home folder', '~/.ssh', 'unknown'],
    ['a NUL', '/srv/x\0', 'unknown'],
    ['five rounds of encoding', '/srv/%252525252565', 'unknown'],
  ])('%s (%j): %s', (_call, path, expected) => {
    const verdict = bound.check(read(path), noFacts)
    expect(verdict).toMatchObject(expected === 'hit' ? { is: 'false', hit: true } : { is: expected })
  })

  test('no path is unknown, and a hit is told before what can not be read', () => {
    expect(bound.check(call({}), noFacts)).toMatchObject({ is: 'unknown' })
    expect(bound.check(call({ paths: ['a', '/etc/passwd'] }), noFacts)).toMatchObject({ is: 'false', hit: true })
    expect(bound.check(call({ path: '/etc/passwd', x: 'a/b' }), noFacts)).toMatchObject({ is: 'false', hit: true })
  })

  const links = { '/srv/root/.ssh': '/srv/root/.ssh', '/etc': '/private/etc', '/Users/Me/Stra\u00dfe': '/Users/Me/Stra\u00dfe' }
  test.each<[string, { readonly [path: string]: string | null }, string]>([
    ['a file that is where it says', { ...links, '/srv/a': '/srv/a' }, 'true'],
    ['a link into the folder', { ...links, '/srv/a': '/etc/passwd' }, 'false'],
    ['a link to where the folder really is', { ...links, '/srv/a': '/private/etc/passwd' }, 'false'],
    ['a link to where the folder really is, in capitals', { ...links, '/srv/a': '/Private/ETC/passwd' }, 'false'],
    ['a link above the folder', { ...links, '/srv/a': '/srv/root' }, 'false'],
    ['a link that can not be resolved', { ...links, '/srv/a': null }, 'unknown'],
    ['a denied folder that can not be resolved', { ...links, '/etc': null, '/srv/a': '/srv/a' }, 'unknown'],
  ])('%s', (_call, realpaths, expected) => {
    expect(bound.check(read('/srv/a'), onDisk(realpaths))).toMatchObject({ is: expected })
  })

  test.each(['//tmp/link/x', '//tmp/y/../link/x', '\\\\tmp\\link\\x'])('%s goes through a link into the folder', (path) => {
    const { paths } = bound.needs?.(read(path)) ?? { paths: [] }
    const followed = (asked: string): string => (asked.startsWith('/tmp/link') ? '/private/etc/x' : asked)
    const real = new Map(paths.map((asked) => [asked, asked === '/etc' ? '/private/etc' : followed(asked)]))
    expect(bound.check(read(path), { ...noFacts, realpaths: real })).toMatchObject({ is: 'false', hit: true })
  })

  test('a denied folder written as a share is one with either slash in front', () => {
    const shares = compileDeniedPaths({ within: ['//etc'], encoding: 'literal' })
    for (const path of ['/etc/passwd', '//etc/passwd', '\\\\etc\\passwd'])
      expect(shares.check(read(path), noFacts)).toMatchObject({ is: 'false', hit: true })
  })

  test('asks about what is not a hit already', () => {
    expect(bound.needs?.(read('/srv/a')).paths).toEqual(['/srv/root/.ssh', '/etc', '/Users/Me/Stra\u00dfe', '/srv/a'])
    expect(bound.needs?.(read('/etc/passwd')).paths).toEqual([])
  })
})

test.each<[string, Envelope['args'], string]>([
  ['dots and a letter', { path: `/${'.'.repeat(8_000)}x` }, 'false'],
  ['quotes and a letter', { path: `${'"'.repeat(4_000)}x${'"'.repeat(4_000)}x` }, 'unknown'],
  ['escapes', { path: '/%25'.repeat(2_000) }, 'false'],
  ['a name of digits', { path: '/srv/root', [`${'1'.repeat(300_000)}x`]: 'a/b' }, 'unknown'],
  ['a name of letters', { path: '/srv/root', [`${'a'.repeat(300_000)}_`]: 'a/b' }, 'unknown'],
  ['open brackets', { path: '/srv/root', x: '["'.repeat(50_000) }, 'unknown'],
  ['lists in lists', { path: '/srv/root', x: `${'['.repeat(50_000)}"/"${']'.repeat(50_000)}` }, 'unknown'],
  ['lists in lists, each in a text', { path: '/srv/root', x: nested(12) }, 'false'],
])('%s take no time to be judged', (_call, args, expected) => {
  expect(compileAllowedPaths({ within: ['/srv/root'] }).check(call(args), noFacts).is).toBe(expected)
  expect(compileDeniedPaths({ within: ['/srv/root'] }).check(call(args), noFacts)).toHaveProperty('is')
})

/** JSON in JSON in JSON, with a path at the heart. */
function nested(depth: number): string {
  return JSON.stringify([depth === 0 ? '/etc/passwd' : nested(depth - 1)])
}
