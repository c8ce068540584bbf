import { describe, expect, test } from 'vitest'
import { ReplyScan } from './reply-scan'
import { scanLine } from './scan'

/** Deterministic, so that a failure can be looked at again: mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Node = { object: [string, Node][] } | { array: Node[] } | { scalar: unknown }

/** A second parser, written for plainness: recursive, over a string, every member of every object kept. Throws on what is no JSON. */
function parse(text: string): Node {
  let at = 0
  const space = (): void => {
    while (' \t\r\n'.includes(text[at] ?? 'end')) at += 1
  }
  const expectChar = (char: string): void => {
    if (text[at] !== char) throw new SyntaxError(`${char} at ${at}`)
    at += 1
  }
  const scalar = (): unknown => {
    const token = /^(?:"(?:[^"\\]|\\.)*"|[^\s,:[\]{}"]+)/.exec(text.slice(at))?.[0] ?? ''
    at += token.length
    return JSON.parse(token)
  }
  const list = (close: string, item: () => void): void => {
    at += 1
    space()
    for (let isFirst = true; text[at] !== close; isFirst = false) {
      if (!isFirst) expectChar(',')
      item()
      space()
    }
    at += 1
  }
  const value = (): Node => {
    space()
    const object: [string, Node][] = []
    const array: Node[] = []
    if (text[at] === '{') {
      list('}', () => {
        space()
        if (text[at] !== '"') throw new SyntaxError('a key')
        const key = scalar() as string
        space()
        expectChar(':')
        object.push([key, value()])
      })
      return { object }
    }
    if (text[at] !== '[') return { scalar: scalar() }
    list(']', () => array.push(value()))
    return { array }
  }
  const whole = value()
  space()
  if (at !== text.length) throw new SyntaxError('more')
  return whole
}

const folded = (key: string): string => key.toUpperCase().toLowerCase()
const wellFormed = (text: string): boolean => !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)

/** The rules for `params`, read off the specification of the scanner and nothing else. */
function isStrict(node: Node, depth = 1): boolean {
  if ('scalar' in node) return typeof node.scalar !== 'string' || wellFormed(node.scalar)
  if (depth > 128) return false
  if ('array' in node) return node.array.every((item) => isStrict(item, depth + 1))
  const keys = node.object.map(([key]) => folded(key))
  if (new Set(keys).size !== keys.length || keys.includes('__proto__')) return false
  return node.object.every(([key, member]) => wellFormed(key) && isStrict(member, depth + 1))
}

const MEMBERS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error']

/** The verdict of the second parser: the kind of message, or why not. */
function verdict(line: Uint8Array): string {
  let text: string
  let root: Node
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
    JSON.parse(text)
    root = parse(text)
  } catch {
    return 'fault'
  }
  if (!('object' in root)) return 'fault'
  const names = root.object.map(([name]) => name)
  if (new Set(names).size !== names.length || names.some((name) => !MEMBERS.includes(name)) || /"[^"]*\\u[^"]*"\s*:/.test(topKeys(text)))
    return 'fault'
  return kindOf(new Map(root.object), text)
}

/** The text with every nested value blanked, so that an escape in a member's name can be seen. */
const topKeys = (text: string): string => text.replace(/\{[\s\S]*\}(?=[\s\S]*\}\s*$)/, '')

function kindOf(members: ReadonlyMap<string, Node>, text: string): string {
  const scalar = (name: string): unknown => {
    const node = members.get(name)
    return node && 'scalar' in node ? node.scalar : undefined
  }
  const literal = /"id"\s*:\s*([^\s,}]+)/.exec(text)?.[1] ?? ''
  const id = scalar('id')
  const isInteger = typeof id === 'number' && /^-?\d+$/.test(literal)
  const absent = members.has('id') ? 'bad' : 'absent'
  const idIs = typeof id === 'string' || isInteger ? 'valid' : (id === null && 'null') || absent
  const names = MEMBERS.filter((name) => members.has(name) && name !== 'id' && name !== 'jsonrpc').join()
  const params = members.get('params')
  const faults = [
    scalar('jsonrpc') !== '2.0',
    members.has('method') && typeof scalar('method') !== 'string',
    params !== undefined && !('object' in params && isStrict(params)),
    [...members.values()].some((node) => 'scalar' in node && !isStrict(node)),
  ]
  return faults.includes(true) ? 'fault' : (KINDS[`${names}:${idIs}`] ?? 'fault')
}

const KINDS: { readonly [shape: string]: string } = {
  'method:valid': 'request',
  'method,params:valid': 'request',
  'method:absent': 'notification',
  'method,params:absent': 'notification',
  'result:valid': 'response',
  'error:valid': 'response',
  'error:null': 'response',
  'error:absent': 'response',
}

/** Texts that lie on both sides of every rule. */
function generate(random: (below: number) => number): string {
  const pick = <T>(...of: T[]): T => of[random(of.length)] as T
  // No carriage return: it is white space to JSON and the end of a line to some readers, so every line with one inside is refused.
  const gap = (): string => (random(8) ? '' : pick(' ', '\t', '  '))
  const key = (): string =>
    pick(
      'a',
      'A',
      'b',
      'path',
      'Path',
      'x'.repeat(random(40)),
      'é',
      'É',
      '\\u0061',
      'k',
      '\u212a',
      '__proto__',
      '',
      '\\n',
      '\\ud83d\\ude00',
    )
  const text = (): string =>
    `"${pick('', 'v', 'x'.repeat(random(120)), '\\"', '\\\\', '\\u00e9', 'é', '😀', random(4) ? '\u2028' : '\\ud800', '{', ']', random(4) ? 'a\\/b' : '\\q')}"`
  const number = (): string =>
    random(12) ? pick('0', '-0', '1', '-12.5e3', '1e5', '12345678901234567890', '1E-2') : pick('01', '1.', '.5', '--1', '+1')
  const literal = (): string => (random(20) ? pick('true', 'false', 'null') : 'nul')
  const value = (depth: number): string => {
    const what = random(depth > 4 ? 6 : 10)
    if (what < 6) return pick(text, number, literal)()
    const items = Array.from({ length: random(4) }, () =>
      what < 8 ? `${gap()}"${key()}"${gap()}:${gap()}${value(depth + 1)}${gap()}` : value(depth + 1),
    )
    return what < 8 ? `{${items}}` : `[${items}]`
  }
  const object = (): string => `{${Array.from({ length: random(4) }, () => `"${key()}":${value(2)}`)}}`
  const asks = random(3) > 0
  const members = [
    `"jsonrpc":${gap()}${random(30) ? '"2.0"' : pick('"1.0"', '2', 'null')}`,
    random(6) && `"id":${pick('1', '"a"', '0', '-7', 'null', '1.5', '1e2', 'true', '"\\u0061"', '{}')}${gap()}`,
    asks && `"method":${random(20) ? pick('"tools/call"', '"ping"', '"a\\/b"') : value(3)}`,
    asks && random(4) && `"params":${gap()}${random(8) ? object() : value(1)}`,
    asks === !random(20) && `"result":${value(1)}`,
    !random(14) && `"error":${value(1)}`,
    !random(25) && `"${pick('Method', 'meta', 'id', 'params', 'm\\u0065thod')}":1`,
  ].filter((member) => typeof member === 'string')
  for (let swaps = random(4); swaps > 0; swaps -= 1) members.push(...members.splice(random(members.length), 1))
  return `${gap()}{${members}}${gap()}${random(60) ? '' : pick('{}', ',', 'x')}`
}

/** One line in thirty-two is also damaged at a random byte. */
function damage(random: (below: number) => number, text: string): Uint8Array {
  const line = new TextEncoder().encode(text)
  if (random(32) === 0 && line.length > 0) line[random(line.length)] = random(256)
  return line
}

/** Results are not looked into: where only a result is bad JSON, the two parsers are allowed to differ. */
const onlyResultDiffers = (expected: string, found: string): boolean => expected === 'fault' && found === 'response'

/** A result or error that is a bare string is not looked into when it comes in pieces. */
const TEXT_VALUE = /"(?:result|error)"\s*:\s*"/

describe('10,000 seeded lines', () => {
  const random = randomFrom(20261123)
  const lines = Array.from({ length: 10_000 }, () => damage(random, generate(random)))

  test('mean the same to the scanner and to a second parser', () => {
    const counts: Record<string, number> = {}
    for (const line of lines) {
      const expected = verdict(line)
      const found = scanLine(line, 'client').message?.kind ?? 'fault'
      counts[expected] = (counts[expected] ?? 0) + 1
      if (found !== expected && !onlyResultDiffers(expected, found))
        expect.fail(`${found}, not ${expected}: ${new TextDecoder().decode(line)}`)
    }
    for (const kind of ['fault', 'request', 'notification', 'response']) expect(counts[kind]).toBeGreaterThan(300)
  })

  test('mean the same in one piece and cut at any place', () => {
    for (const line of lines) {
      const whole = scanLine(line, 'server').message
      const pieces = new ReplyScan()
      for (let at = 0; at < line.length; ) {
        const end = at + 1 + random(24)
        pieces.push(line.subarray(at, end))
        at = end
      }
      const { kind, ok } = pieces.end()
      if (whole?.kind === 'response') {
        expect({ kind, ok, key: pieces.id?.key }, new TextDecoder().decode(line)).toEqual({
          kind: 'response',
          ok: whole.ok,
          key: whole.id?.key,
        })
      } else if (kind === 'response') expect(new TextDecoder().decode(line)).toMatch(TEXT_VALUE)
    }
  })
})
