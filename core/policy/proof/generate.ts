import type { PolicyDocument } from '../document'
import { type Argument, type Envelope, type Facts, InexactNumber, type PinnedTool } from '../model'
import { type Dice, dice } from './dice'
import { policy } from './generate-policy'
import { command, path, text, toolName, url } from './hostile'
import type { Spent } from './naive'

/** One question put to both interpreters. `spent` answers for every rate window, so neither side depends on the other's keys. */
export type Question = {
  readonly policy: PolicyDocument
  readonly guardrail: PolicyDocument | null
  readonly call: Envelope
  readonly facts: Omit<Facts, 'rates'>
  readonly spent: Spent
}

const LINKS: readonly (readonly [from: string, to: string | null])[] = [
  ['/srv/data/link', '/etc'],
  ['/srv/data/dangling', null],
  ['/home', '/mnt/home'],
  ['/tmp', '/srv/data/tmp'],
]

/** As a kernel walks it: links are followed as they are met, and `..` leaves the real directory. */
const resolve = (path: string): string | null => {
  let here = ''
  for (const part of path.split('/').filter((one) => one !== '' && one !== '.')) {
    const next: string = part === '..' ? here.slice(0, Math.max(0, here.lastIndexOf('/'))) : `${here}/${part}`
    const link = LINKS.find(([from]) => from === next)
    if (link && link[1] === null) return null
    here = link?.[1] ?? next
  }
  return here === '' ? '/' : here
}

/** Drives and shares have no links: only `..` leads elsewhere. */
const withoutClimbs = (path: string): string => {
  const [anchor = ''] = /^(?:\\\\|[^\\]*\\)/.exec(path) ?? []
  const walked: string[] = []
  for (const part of path.slice(anchor.length).split('\\')) {
    if (part === '..') walked.pop()
    else walked.push(part)
  }
  return anchor + walked.join('\\')
}

/** A file system that knows every path, whichever ones an interpreter asks for. */
class Disk extends Map<string, string | null> {
  override get(path: string): string | null {
    return path.startsWith('/') ? resolve(path) : withoutClimbs(path)
  }
  override has(): boolean {
    return true
  }
}

const number = (on: Dice): Argument =>
  on.chance(20)
    ? new InexactNumber(on.pick(['9007199254740993', '0.30000000000000004441', '1e400']))
    : on.pick([0, 1, 5, 10, 11, 2.5, -1, 9007199254740992])

type Maker = (on: Dice) => Argument

const odd: Maker = (on) => on.pick<Argument>([null, true, 7, [], {}, new InexactNumber('9007199254740993')])

const ARGUMENTS: readonly (readonly [name: string, weight: number, make: Maker])[] = [
  ['path', 55, path],
  ['file', 8, path],
  ['source', 10, path],
  ['destination', 10, path],
  ['paths', 8, (on) => [path(on), path(on)]],
  ['url', 25, url],
  ['uri', 4, url],
  ['command', 18, command],
  ['content', 15, (on) => (on.chance(50) ? path(on) : text(on))],
  ['mode', 30, text],
  ['count', 25, number],
  ['force', 20, (on) => on.chance(50)],
  ['note', 12, (on) => (on.chance(30) ? path(on) : text(on))],
  ['list', 8, (on) => Array.from({ length: on.roll(4) }, () => text(on))],
  ['deep', 10, (on) => ({ flag: on.pick<Argument>([true, 'yes', null, false]), path: path(on) })],
  ['json', 8, (on) => JSON.stringify({ path: path(on), inner: JSON.stringify([path(on), text(on)]) })],
]

const args = (on: Dice): { [key: string]: Argument } => {
  const chosen = ARGUMENTS.filter(([, weight]) => on.chance(weight))
  const made = chosen.map(([name, , make]): [string, Argument] => [name, on.chance(4) ? odd(on) : make(on)])
  if (on.chance(3)) made.push([path(on), text(on)])
  return Object.fromEntries(made)
}

const pin = (on: Dice): PinnedTool => ({
  digest: 'd',
  inputSchema: { type: 'object', properties: { path: { type: 'string' }, mode: { type: 'string' }, url: { type: 'string' } } },
  annotations: on.chance(70) ? { readOnlyHint: on.chance(50) } : {},
})

const call = (on: Dice): Envelope => {
  const method = on.chance(88) ? 'tools/call' : on.pick(['resources/read', 'prompts/get', 'vendor/thing'])
  return {
    method,
    tool: method === 'tools/call' ? toolName(on) : null,
    server: on.pick(['files', 'web']),
    principal: { id: on.pick(['local:ann@host', 'ci-bot', 'bob']), assurance: on.pick(['asserted', 'authenticated'] as const) },
    session: on.chance(80) ? 's1' : null,
    args: args(on),
  }
}

/** The question of a seed, the same for ever. */
export function question(seed: number): Question {
  const on = dice(seed)
  const counts = Array.from({ length: 8 }, () => on.pick([0, 1, 2, 3, 9, 10, undefined]))
  return {
    policy: policy(on, 'policy'),
    guardrail: on.chance(30) ? policy(on, 'guardrail') : null,
    call: call(on),
    facts: {
      now: Date.UTC(2026, 10, 23, on.roll(24), on.roll(60)),
      realpaths: on.chance(50) ? new Disk() : null,
      pin: on.chance(60) ? pin(on) : null,
      listed: on.chance(60),
      session: on.chance(80) ? { calls: on.roll(60), ageMs: on.roll(7_200_000) } : null,
    },
    spent: (calls, per) => counts[(calls + per.length) % counts.length],
  }
}
