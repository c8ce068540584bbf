import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, noFacts } from '../model'
import { compileAllowedCommands } from './commands'
import { compileAllowedDomains } from './domains'

const SEED = 20_251_125

const call = (args: Envelope['args']): Envelope => ({
  method: 'tools/call',
  tool: 'any',
  server: 'any',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: null,
  args,
})

describe('URLs', () => {
  const bound = compileAllowedDomains({ domains: ['good.example', '*.good.example', '*'], schemes: ['http', 'https'] })
  const narrow = compileAllowedDomains({ domains: ['good.example', '*.good.example'] })
  const piece = fc.constantFrom(
    ...[
      'https',
      'http',
      ':',
      '//',
      '/',
      '\\',
      '@',
      '#',
      '?',
      ':80',
      ':443',
      '.',
      ';',
      ',',
      '%',
      '%40',
      '%2f',
      '[',
      ']',
      ' ',
      '\t',
      '\n',
      '\0',
    ],
    ...[
      'good.example',
      'good.example',
      'evil.example',
      '127.0.0.1',
      '0x7f',
      '::1',
      'xn--',
      'ß',
      '。',
      '．',
      '＠',
      'ⓖ',
      '\u00ad',
      '\u200b',
      '&',
      '=',
    ],
  )
  const hostileUrl = fc
    .tuple(fc.constantFrom('https://', 'http://good.example', 'https://good.example/', ''), fc.array(piece, { maxLength: 8 }))
    .map(([head, tail]) => head + tail.join(''))

  /** Hosts as parsers of different schools see them; null where one refuses. */
  const parsers: readonly ((url: string) => string | null)[] = [
    (url) => attempt((text) => new URL(text).hostname, url),
    (url) => /^[^:]+:\/\/(?:[^@/?#]*@)?([^:/?#]*)/.exec(url)?.[1] ?? null,
    (url) => /^[^:]+:\/\/(?:[^/]*@)?([^:/?#]*)/.exec(url)?.[1] ?? null,
    (url) => /^[^:]+:[/\\]+(?:[^/\\]*@)?([^:/?#\\;,&]*)/.exec(url)?.[1] ?? null,
    (url) =>
      attempt((text) => /^[^:]+:\/\/(?:[^/]*@)?([^:/?#]*)/.exec(decodeURIComponent(text.split('/').slice(0, 3).join('/')))?.[1] ?? '', url),
  ]

  test('what is allowed goes to a listed host for every parser', () => {
    let permitted = 0
    fc.assert(
      fc.property(hostileUrl, (url) => {
        if (narrow.check(call({ url }), noFacts).is !== 'true') return
        permitted += 1
        for (const parse of parsers) expect(parse(url)?.toLowerCase() ?? 'good.example').toMatch(/^(?:.+\.)?good\.example$/)
      }),
      { seed: SEED, numRuns: 6_000 },
    )
    expect(permitted).toBeGreaterThan(100)
  })

  test('no spelling of a special address passes a star', () => {
    const number = fc.constantFrom(0x7f000001, 0x0a000001, 0xa9fea9fe, 0xc0a80101, 0)
    const spelled = fc.tuple(number, fc.nat(3), fc.nat(3)).map(([address, parts, base]) => spell(address, parts, base))
    fc.assert(
      fc.property(spelled, (host) => {
        expect(bound.check(call({ url: `http://${host}/` }), noFacts)).toMatchObject({ is: 'false', hit: true })
      }),
      { seed: SEED, numRuns: 1_000 },
    )
  })
})

/** An IPv4 address in one to four numbers, decimal, octal, hexadecimal or mixed. */
function spell(address: number, parts: number, base: number): string {
  const heads = Array.from({ length: parts }, (_unused, at) => Math.floor(address / 2 ** (24 - 8 * at)) % 256)
  const rest = address % 2 ** (32 - 8 * parts)
  const write = (value: number, at: number): string =>
    [String(value), `0${value.toString(8)}`, `0x${value.toString(16)}`][(base + at * Number(base === 3)) % 3] ?? ''
  return [...heads, rest].map(write).join('.')
}

describe('commands', () => {
  const bound = compileAllowedCommands({ patterns: ['git log **'] })

  test('nothing a shell acts on passes, wherever it stands', () => {
    const command = 'git log -1 "a b" main'
    for (const active of [
      ';',
      '&',
      '|',
      '<',
      '>',
      '$',
      '(',
      ')',
      '`',
      '\n',
      '\r',
      '\0',
      '*',
      '?',
      '[',
      ']',
      '{',
      '}',
      '!',
      '#',
      '\u2028',
      '\u200b',
    ])
      for (let at = 0; at <= command.length; at++) {
        const text = command.slice(0, at) + active + command.slice(at)
        expect([text, bound.check(call({ command: text }), noFacts).is]).not.toEqual([text, 'true'])
      }
  })

  test('a command that passes has the words that the pattern begins with', () => {
    const word = fc.constantFrom('git', 'log', ' ', ' ', '\t', '"', "'", '\\', '-x', 'rm', '~', 'A=b', '')
    let permitted = 0
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (tail) => {
        const command = `git log${tail.join('')}`
        if (bound.check(call({ command }), noFacts).is !== 'true') return
        permitted += 1
        expect(command).toMatch(/^git log(?:[ \t]|$|["'\\])/)
      }),
      { seed: SEED, numRuns: 4_000 },
    )
    expect(permitted).toBeGreaterThan(50)
  })
})

function attempt(read: (text: string) => string, text: string): string | null {
  try {
    return read(text)
  } catch {
    return null
  }
}
