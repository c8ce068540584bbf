import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, noFacts } from '../model'
import { compileAllowedPaths, compileDeniedPaths } from './paths'
import { Roots } from './roots'
import { isClean, locate, rootSpot } from './spots'

const SEED = 20_251_125

const call = (args: Envelope['args']): Envelope => ({
  method: 'tools/call',
  tool: 'any',
  server: 'any',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: null,
  args,
})

/** What a POSIX system makes of a path, as simply as it can be said. */
function resolved(path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `/cwd/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

const isIn = (root: string, path: string): boolean => resolved(path) === root || resolved(path).startsWith(`${root}/`)

/** What servers do to a path before they use it. Those that fail refuse the call. */
const habits: readonly ((path: string) => string)[] = [
  (path) => decodeURIComponent(path),
  (path) => path.replace(/%([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => path.trim(),
  (path) => path.replace(/^["']|["']$/g, ''),
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/\/+/g, '/'),
  (path) => path.normalize('NFC'),
  (path) => path.normalize('NFD'),
  (path) => path.split('\0')[0] ?? '',
]

/** What the path has become after every chain of up to three habits. */
function asServersSee(path: string): readonly string[] {
  const seen = new Set([path])
  for (let round = 0; round < 3; round++)
    for (const before of [...seen]) for (const habit of habits) seen.add(attempt(habit, before) ?? before)
  return [...seen]
}

const fragment = fc.constantFrom(
  ...['/', '/', '/', '\\', '..', '..', '.', '%2e', '%2E', '%2f', '%5c', '%25', '%00', '%', '%c0%ae', '%20', ' ', '\t', '\n', '\0'],
  ...['"', "'", '~', 'C:', 'file:', '?', '#', '{', 'srv', 'root', 'rootfoo', 'a', 'é', 'e\u0301', '\u200b', '：', '．．', '／'],
)
const hostilePath = fc
  .tuple(fc.constantFrom('/srv/root/', '/srv/root', '/srv/', '/', ''), fc.array(fragment, { maxLength: 12 }))
  .map(([head, tail]) => head + tail.join(''))

describe('paths', () => {
  const allowed = compileAllowedPaths({ within: ['/srv/root'] })
  const denied = compileDeniedPaths({ within: ['/srv/root'] })

  test('what is allowed stays inside, whatever a server does to it first', () => {
    let permitted = 0
    fc.assert(
      fc.property(hostilePath, (path) => {
        if (allowed.check(call({ path }), noFacts).is !== 'true') return
        permitted += 1
        expect(asServersSee(path).filter((seen) => !isIn('/srv/root', seen))).toEqual([])
      }),
      { seed: SEED, numRuns: 4_000 },
    )
    expect(permitted).toBeGreaterThan(300)
  })

  test('what is not denied stays outside, whatever a server does to it first', () => {
    let permitted = 0
    fc.assert(
      fc.property(hostilePath, (path) => {
        if (denied.check(call({ path }), noFacts).is !== 'true') return
        permitted += 1
        expect(asServersSee(path).filter((seen) => isIn('/srv/root', seen))).toEqual([])
      }),
      { seed: SEED, numRuns: 4_000 },
    )
    expect(permitted).toBeGreaterThan(100)
  })

  test('no path is both permitted and denied by the same folder', () => {
    fc.assert(
      fc.property(hostilePath, (path) => {
        const verdicts = [allowed, denied].map((bound) => bound.check(call({ path }), noFacts).is)
        expect(verdicts).not.toEqual(['true', 'true'])
      }),
      { seed: SEED, numRuns: 4_000 },
    )
  })

  const part = fc.constantFrom('srv', 'root', 'rootfoo', 'tmp', 'a', 'b.txt', '..', '.', '', 'Root', '.git', '..a')
  const plainPath = fc.array(part, { maxLength: 8 }).map((parts) => `/a/${parts.join('/')}`.slice(2))

  test('a plain path is judged as a comparison of resolved strings would', () => {
    const folders = ['/srv/root', '/tmp']
    const bound = compileAllowedPaths({ within: folders })
    fc.assert(
      fc.property(plainPath, (path) => {
        fc.pre(path.startsWith('/') && !path.startsWith('//'))
        const expected = folders.some((folder) => isIn(folder, path)) ? 'true' : 'false'
        expect(bound.check(call({ path }), noFacts).is).toBe(expected)
      }),
      { seed: SEED, numRuns: 5_000 },
    )
  })

  test('a clean path is judged alike with and without being taken apart', () => {
    const roots = new Roots(['/srv/root', '/tmp', '/a/b.txt'].map(rootSpot))
    const withSlash = fc.tuple(plainPath, fc.constantFrom('', '/')).map(([path, end]) => path + end)
    fc.assert(
      fc.property(withSlash, (path) => {
        fc.pre(isClean(path))
        const located = locate(path, null)
        expect(roots.containClean(path)).toBe('spot' in located && roots.contain(located.spot))
      }),
      { seed: SEED, numRuns: 5_000 },
    )
  })

  test('any arguments at all get a verdict, and no path that is outside gets through among them', () => {
    const value = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        hostilePath,
        fc.constantFrom<unknown>(null, true, 3),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom('path', 'paths', 'x', 'file', 'options'), hostilePath), tie('tree'), { maxKeys: 3 }),
        tie('tree').map((tree) => JSON.stringify(tree)),
      ),
    })).tree
    fc.assert(
      fc.property(value, (tree) => {
        const args = { path: '/srv/root/a', x: tree } as Envelope['args']
        if (allowed.check(call(args), noFacts).is !== 'true') return
        for (const text of textsIn(tree)) expect(!text.startsWith('/') || isIn('/srv/root', text)).toBe(true)
      }),
      { seed: SEED, numRuns: 4_000 },
    )
  })
})

function attempt(server: (path: string) => string, path: string): string | null {
  try {
    return server(path)
  } catch {
    return null
  }
}

/** Every string and key, JSON in strings included. */
function textsIn(tree: unknown): string[] {
  if (typeof tree === 'string') {
    return attempt((text) => String(JSON.parse(text)), tree) === null ? [tree] : textsIn(JSON.parse(tree))
  }
  if (typeof tree !== 'object' || tree === null) return []
  return [...(Array.isArray(tree) ? [] : Object.keys(tree)), ...Object.values(tree).flatMap(textsIn)]
}
