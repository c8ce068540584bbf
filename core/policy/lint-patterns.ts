import { RE2JS } from 're2js'
import type { Fault } from './language-problems'
import type { Path } from './places'
import type { RuleForm, WhenForm } from './schema'

/** Longer, or with more branches, and no reviewer can say what a pattern matches. */
const MAX_READABLE = 100
const MAX_BRANCHES = 8

/** No honest pattern for a path, a name or a command matches all of these. */
const UNRELATED = ['', 'a', '/etc/passwd', 'https://attacker.example/?q=1', 'rm -rf / ; true', '-42', 'Ünïcödé 名前']

/** Patterns that let nearly everything through, or that nobody can review. They match the whole string, in linear time. */
export function lintPatterns(rules: readonly RuleForm[]): readonly Fault[] {
  return rules.flatMap((rule, index) => {
    const inConstraints = Object.entries(rule.constraints?.matches ?? {}).map(([name, pattern]) => {
      return { pattern, path: ['rules', index, 'constraints', 'matches', name] }
    })
    const inConditions = rule.when ? patternsOf(rule.when, ['rules', index, 'when']) : []
    return [...inConstraints, ...inConditions].flatMap(lintPattern)
  })
}

type Placed = { readonly pattern: string; readonly path: Path }

function patternsOf(form: WhenForm, path: Path): Placed[] {
  const { all, any, not, ...subjects } = form
  const own = Object.entries(subjects).flatMap(([subject, test]) => {
    const pattern = typeof test === 'object' && test !== null ? test.matches : undefined
    return pattern === undefined ? [] : [{ pattern, path: [...path, subject, 'matches'] }]
  })
  const nested = [
    ...(all ?? []).flatMap((inner, index) => patternsOf(inner, [...path, 'all', index])),
    ...(any ?? []).flatMap((inner, index) => patternsOf(inner, [...path, 'any', index])),
    ...(not ? patternsOf(not, [...path, 'not']) : []),
  ]
  return [...own, ...nested]
}

function lintPattern({ pattern, path }: Placed): Fault[] {
  const trouble = troubleWith(pattern)
  if (!trouble) return []
  return [{ code: 'opaque_pattern', path, at: 'value', message: `${trouble.because}; ${trouble.advice}.`, suggestion: trouble.advice }]
}

type Trouble = { readonly because: string; readonly advice: string } | null

/** Most patterns of a text are those of the text before. */
const REMEMBERED = 1024
const known = new Map<string, Trouble>()

function troubleWith(pattern: string): Trouble {
  const before = known.get(pattern)
  if (before !== undefined) return before
  if (known.size >= REMEMBERED) known.clear()
  const found = findTrouble(pattern)
  known.set(pattern, found)
  return found
}

function findTrouble(pattern: string): Trouble {
  const compiled = RE2JS.compile(pattern)
  if (UNRELATED.filter((text) => compiled.matches(text)).length > UNRELATED.length - 3) {
    return {
      because: 'This pattern matches nearly everything',
      advice: 'say what the value must look like, or list the values in allowedValues',
    }
  }
  const branches = pattern.split('|').length
  if (branches > MAX_BRANCHES) {
    return { because: `This pattern has ${branches} alternatives`, advice: 'list them in allowedValues or in, where each can be read' }
  }
  if (pattern.length > MAX_READABLE) {
    return { because: `This pattern has ${pattern.length} characters, too many to review`, advice: 'split it into several conditions' }
  }
  return /[a-z0-9]\.(?:com|org|net|io|dev|example|internal|local)\b/.test(pattern)
    ? { because: 'A bare dot matches any character, in a host name too', advice: 'write \\. for a dot, or use allowedDomains' }
    : null
}
