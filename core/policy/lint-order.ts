import { canonicalJson, type Json } from '../json'
import { quote } from '../quote'
import type { Condition, Rule } from './document'
import { type Glob, parseGlob } from './globs'
import type { Fault } from './language-problems'
import { covers, coversAll, spelling } from './lint-cover'
import { fileUnder, makeTrie, visitAlong } from './tries'

/** Comparisons between rules before the look for shadows gives up: it is a courtesy, and must not hold up whoever types. */
const MAX_COMPARISONS = 1_000_000

type Entry = { readonly index: number; readonly rule: Rule; readonly glob: Glob }

/**
 * Rules, or entries of their `tool` list, that never decide anything because an earlier rule always selects the same calls. An earlier
 * rule's bounds don't let a call through to a later one: a broken bound denies.
 */
export function lintOrder(rules: readonly Rule[]): readonly Fault[] {
  const earlier = new Earlier()
  return rules.flatMap((rule, index) => {
    const entries = globsOf(rule).map((globs) => globs.map((glob): Entry => ({ index, rule, glob })))
    const shadows = entries.map((alternatives) => shadowOfAll(alternatives.map((entry) => earlier.shadowOf(entry))))
    for (const entry of entries.flat()) earlier.keep(entry)
    return faultsOf(rule, index, shadows)
  })
}

/** Every entry of a rule's `tool`, with its alternatives; most rules of a text are those of the text before. */
function globsOf(rule: Rule): readonly (readonly Glob[])[] {
  const globs = known.get(rule) ?? (rule.tool ?? ['*']).map(parseGlob)
  known.set(rule, globs)
  return globs
}

const known = new WeakMap<Rule, readonly (readonly Glob[])[]>()

/** The entries above, filed so that only those are compared that could cover a later one. */
class Earlier {
  private readonly exact = new Map<string, Entry[]>()
  private readonly prefixes = makeTrie<Entry>()
  private readonly suffixes = makeTrie<Entry>()
  private readonly others: Entry[] = []
  private comparisons = 0

  keep(entry: Entry): void {
    const { glob } = entry
    if (glob.kind === 'exact') {
      const named = this.exact.get(glob.text)
      if (named) named.push(entry)
      else this.exact.set(glob.text, [entry])
    } else if (glob.kind === 'prefix') fileUnder(this.prefixes, glob.text, 'start', entry)
    else if (glob.kind === 'suffix') fileUnder(this.suffixes, glob.text, 'end', entry)
    else this.others.push(entry)
  }

  /** The first rule above that always selects what this entry names. */
  shadowOf(entry: Entry): Entry | undefined {
    if (this.comparisons > MAX_COMPARISONS) return undefined
    const { glob } = entry
    const isShadow = (earlier: Entry) => covers(earlier.glob, glob) && selectsWhatever(earlier.rule, entry.rule)
    const named = glob.kind === 'exact' ? this.exact.get(glob.text)?.find(isShadow) : undefined
    return named ?? this.wide(spelling(glob)).find(isShadow)
  }

  private wide(name: string): readonly Entry[] {
    const found = [...this.others]
    const add = (entry: Entry): void => {
      found.push(entry)
    }
    visitAlong(this.prefixes, name, 'start', add)
    visitAlong(this.suffixes, name, 'end', add)
    this.comparisons += found.length
    return found.sort((one, other) => one.index - other.index)
  }
}

/** A tool entry with alternatives is shadowed when all of them are; the first shadow is the one to name. */
const shadowOfAll = (shadows: readonly (Entry | undefined)[]): Entry | undefined =>
  shadows.every((shadow) => shadow) ? shadows[0] : undefined

/** True if `earlier` selects every call that `later` could, as far as the tool is not concerned. */
function selectsWhatever(earlier: Rule, later: Rule): boolean {
  return (
    Boolean(earlier.tool) === Boolean(later.tool) &&
    coversMethods(earlier.method, later.method) &&
    coversAll(earlier.server, later.server) &&
    coversPrincipals(earlier, later) &&
    coversCondition(earlier, later)
  )
}

const coversMethods = (earlier: Rule['method'], later: Rule['method']): boolean =>
  coversAll(earlier ?? ['tools/call'], later ?? ['tools/call'])

/** An allow for named principals passes over the asserted ones. */
function coversPrincipals(earlier: Rule, later: Rule): boolean {
  if (!earlier.principal) return true
  const isPicky = ({ action, principal }: Rule) => action === 'allow' && principal?.asserted === 'refuse'
  return (!isPicky(earlier) || isPicky(later)) && later.principal !== undefined && coversAll(earlier.principal.match, later.principal.match)
}

/** Unknown selects for a deny or an escalate but not for an allow, and an escalate met by unknown lets a later deny speak. */
function coversCondition(earlier: Rule, later: Rule): boolean {
  if (!earlier.when) return true
  return (
    later.when !== undefined && sameCondition(earlier.when, later.when) && (earlier.action === 'deny' || earlier.action === later.action)
  )
}

const sameCondition = (one: Condition, other: Condition): boolean => textOf(one) === textOf(other)
const textOf = (condition: Condition): string => canonicalJson(condition as unknown as Json)

function faultsOf(rule: Rule, index: number, shadows: readonly (Entry | undefined)[]): Fault[] {
  const [first] = shadows
  if (first && shadows.every((shadow) => shadow)) return [deadRule(rule, index, first)]
  return shadows.flatMap((shadow, entry) => {
    if (!shadow) return []
    const message = `${quote(rule.tool?.[entry] ?? '*')} never gets here: rule ${shadow.index + 1} selects it first. Remove it, or move this rule up.`
    return [
      {
        code: 'shadowed_tool',
        path: ['rules', index, 'tool', ...(rule.tool && rule.tool.length > 1 ? [entry] : [])],
        at: 'value',
        message,
        suggestion: 'remove this entry',
      },
    ]
  })
}

function deadRule(rule: Rule, index: number, shadow: Entry): Fault {
  const number = shadow.index + 1
  const isSame = shadow.rule.action === rule.action
  const bounds = shadow.rule.constraints && rule.constraints
  const advice = isSame ? (bounds ? 'put both bounds into one rule' : 'remove one of the two') : 'move this rule up, or narrow the other'
  const message = `This rule never decides anything: rule ${number} (${shadow.rule.action}) selects all of its calls first; ${advice}.`
  return { code: isSame ? 'dead_rule' : 'shadowed_rule', path: ['rules', index], at: 'value', message, suggestion: advice }
}
