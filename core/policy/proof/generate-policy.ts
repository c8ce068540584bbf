import type { Json } from '../../json'
import type { Condition, ConstraintForms, Operator, PathsForm, PolicyDocument, Rule } from '../document'
import type { Outcome } from '../model'
import type { Dice } from './dice'
import { TOOLS } from './hostile'

const TOOL_GLOBS = ['*', 'read_*', '*_file', '{read,write}_file', '?un', 'fetch*', 'w?ite_{file,dir}', '**']

type Test = { readonly subject: string; readonly operators: readonly Operator[]; readonly values: readonly Json[] }

const TESTS: readonly Test[] = [
  { subject: 'args.mode', operators: ['equals', 'not', 'startsWith', 'endsWith', 'contains'], values: ['safe', 'fast', 's', 'e', ''] },
  { subject: 'args.mode', operators: ['matches'], values: ['safe|fast', '[a-z]+', 's.*', 'af'] },
  { subject: 'args.mode', operators: ['in'], values: [['safe', 'fast'], ['ok'], []] },
  { subject: 'args.count', operators: ['equals', 'not', 'gt', 'gte', 'lt', 'lte'], values: [0, 5, 10, 2.5, -1] },
  { subject: 'args.count', operators: ['gt', 'gte', 'lt', 'lte'], values: ['9007199254740993', '0.1', '5.0'] },
  { subject: 'args.force', operators: ['equals', 'not'], values: [true, false] },
  { subject: 'args.deep.flag', operators: ['equals', 'not'], values: [true, 'yes', null] },
  { subject: 'args.path', operators: ['startsWith', 'endsWith', 'contains'], values: ['/srv', '.txt', '..'] },
  { subject: 'args.force', operators: ['exists'], values: [true, false] },
  { subject: 'args.constructor', operators: ['exists', 'equals'], values: [true, false] },
  { subject: 'annotations.readOnlyHint', operators: ['equals', 'not'], values: [true, false] },
  { subject: 'time.hour', operators: ['gte', 'lt', 'equals'], values: [9, 17] },
  { subject: 'time.date', operators: ['equals', 'startsWith'], values: ['2026-11-23', '2026'] },
  { subject: 'session.calls', operators: ['gt', 'lte'], values: [3, 50] },
  { subject: 'session.ageMinutes', operators: ['gt', 'lte'], values: [10, 60] },
  { subject: 'tool.listed', operators: ['equals'], values: [true, false] },
  { subject: 'tool.pinned', operators: ['equals'], values: [true, false] },
]

const condition = (on: Dice, depth: number): Condition => {
  if (depth > 0 && on.chance(20)) return { all: Array.from({ length: 1 + on.roll(3) }, () => condition(on, depth - 1)) }
  if (depth > 0 && on.chance(20)) return { any: Array.from({ length: 1 + on.roll(3) }, () => condition(on, depth - 1)) }
  if (depth > 0 && on.chance(15)) return { not: condition(on, depth - 1) }
  const { subject, operators, values } = on.pick(TESTS)
  const operator = on.pick(operators)
  return { subject, operator, value: operator === 'exists' ? on.chance(50) : on.pick(values) }
}

const ROOTS = ['/srv/data', '/srv/data/', '/tmp', '/home/user/projects', '/srv', '/etc', '/srv/data/sub', '/']

const paths = (on: Dice): PathsForm => ({
  within: on.some(on.chance(90) ? ROOTS.slice(0, 5) : ROOTS, 2),
  ...(on.chance(35) ? { args: on.pick([['path'], ['path', 'file'], ['source', 'destination'], ['deep.path']]) } : {}),
  ...(on.chance(15) ? { encoding: on.pick(['strict', 'literal'] as const) } : {}),
  ...(on.chance(20) ? { relativeTo: on.pick(['/srv/data', '/etc']) } : {}),
})

const HOSTS = ['api.example.com', '*.example.org', 'example.org', '*', '8.8.8.8', '127.0.0.1', 'localhost', 'evil.net']

const domains = (on: Dice): NonNullable<ConstraintForms['allowedDomains']> => ({
  domains: on.some(HOSTS, 3),
  ...(on.chance(35) ? { args: ['url'] } : {}),
  ...(on.chance(20) ? { schemes: on.pick([['https'], ['https', 'http', 'ftp']]) } : {}),
  ...(on.chance(20) ? { ports: on.pick([[443], [443, 8443], [80]]) } : {}),
  ...(on.chance(25) ? { privateAddresses: on.pick(['deny', 'allow'] as const) } : {}),
})

const commands = (on: Dice): NonNullable<ConstraintForms['allowedCommands']> => ({
  ...(on.chance(70) ? { exact: on.some(['git status', 'ls /tmp', 'git log'], 2) } : { exact: ['git status'] }),
  ...(on.chance(60) ? { patterns: on.some(['git log **', 'git diff *', 'git *', 'ls **'], 2) } : {}),
  ...(on.chance(50) ? { args: ['command'] } : {}),
})

const values: readonly ((on: Dice) => ConstraintForms)[] = [
  (on) => ({ allowedCommands: commands(on) }),
  (on) => ({
    allowedValues: on.pick([{ mode: ['safe', 'fast'] }, { count: [1, 5, 10] }, { force: [true] }, { 'deep.flag': [true, null, 'yes'] }]),
  }),
  (on) => ({ matches: on.pick([{ mode: 'safe|fast' }, { mode: '[a-z]+' }, { 'args.note': '[a-z ]*' }]) }),
  (on) => ({ numberRange: on.pick([{ count: { min: 0, max: 10 } }, { count: { max: '5.5' } }, { count: { min: '9007199254740993' } }]) }),
  (on) => ({ lengthRange: on.pick([{ mode: { max: 4 } }, { note: { min: 1, max: 6 } }, { content: { max: 8 } }]) }),
  (on) => ({ maxItems: on.pick([{ paths: 1 }, { list: 2 }, { list: 0 }]) }),
  () => ({ noUnknownArguments: true }),
  (on) => ({
    rateLimit: {
      calls: on.pick([1, 3, 10]),
      per: on.pick(['1m', '10s', '1h']),
      by: on.pick(['principal', 'session', 'server', 'tool', 'rule'] as const),
    },
  }),
]

const inOrder = (forms: ConstraintForms): ConstraintForms =>
  Object.fromEntries(Object.entries(forms).sort(([left], [right]) => (left < right ? -1 : 1)))

const constraints = (on: Dice): ConstraintForms =>
  inOrder({
    ...(on.chance(50) ? { allowedPaths: paths(on) } : {}),
    ...(on.chance(20) ? { deniedPaths: paths(on) } : {}),
    ...(on.chance(22) ? { allowedDomains: domains(on) } : {}),
    ...(on.chance(12) ? { deniedDomains: domains(on) } : {}),
    ...(on.chance(45) ? on.pick(values)(on) : {}),
    ...(on.chance(10) ? on.pick(values)(on) : {}),
  })

const selector = (on: Dice): Pick<Rule, 'tool' | 'method'> => {
  const tool = on.some([...TOOLS, ...TOOLS, ...TOOL_GLOBS], 2)
  if (on.chance(85)) return { tool }
  const method = on.pick([['*'], ['resources/*'], ['resources/read', 'prompts/get'], ['tools/call'], ['prompts/*', 'tools/*']])
  return on.chance(30) ? { tool, method } : { method }
}

const rule = (on: Dice, at: number): Rule => {
  const action: Outcome = on.pick(['allow', 'allow', 'allow', 'deny', 'escalate'] as const)
  return {
    ...selector(on),
    ...(on.chance(20) ? { id: `r${at}` } : {}),
    ...(on.chance(12) ? { server: [on.pick(['files', 'web', 'f*', '{files,web}'])] } : {}),
    ...(on.chance(15)
      ? { principal: { match: [on.pick(['local:*', 'ci-bot', '*', 'local:ann@host'])], asserted: on.pick(['ok', 'refuse'] as const) } }
      : {}),
    ...(on.chance(35) ? { when: condition(on, 2) } : {}),
    action,
    ...(action === 'allow' && on.chance(35) ? { otherwise: 'escalate' as const } : {}),
    ...(action === 'deny' ? {} : { constraints: on.chance(75) ? constraints(on) : {} }),
  }
}

export const policy = (on: Dice, kind: 'policy' | 'guardrail'): PolicyDocument => ({
  kind,
  version: '1',
  default: kind === 'guardrail' ? 'none' : on.pick(['deny', 'deny', 'escalate', 'allow'] as const),
  rules: Array.from({ length: on.roll(kind === 'policy' ? 6 : 4) }, (_, at) => rule(on, at)),
})
