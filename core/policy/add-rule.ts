import type { Json } from '../json'
import { endOfLine, type TextEdit } from './add-test'
import type { Argument } from './model'
import { type Located, locate } from './places'
import { readSample, type Sample } from './sample'
import { isMembers } from './subjects-path'
import { blockItem, flowYaml } from './yaml-flow'

export type NewRule = { readonly edit: TextEdit } | { readonly because: string }

/**
 * A rule for one call, above the rule that decides it now (`above`, null where the default does): it asks a person, and is about that
 * tool, server and those arguments alone, so that nothing else changes until its author widens it. The text around it stays as it is.
 */
export function newRule(text: string, root: Located, sample: Sample, above: number | null): NewRule {
  const { method, tool, server } = sample
  const name = method === 'tools/call' ? (tool ?? '') : method
  // Names are globs, and a glob has no way to say that a character stands for itself.
  if ([name, server].some((one) => /[*?{}]/.test(one))) return { because: 'its name holds a character that rules read as a pattern' }
  const rules = locate(root, ['rules'])
  if (!rules?.items) return { because: 'the text has no list of rules' }
  const when = conditionsOf(sample)
  const written = {
    ...(method === 'tools/call' ? { tool: name } : { method: name }),
    ...(server === 'server' ? {} : { server }),
    ...(Object.keys(when).length > 0 ? { when } : {}),
    // Only tool calls can wait for a person.
    action: method === 'tools/call' ? 'escalate' : 'allow',
  }
  return insertion(text, rules, written, above === null ? undefined : rules.items[above])
}

const MOST_CONDITIONS = 3
const MOST_CHARACTERS = 200

/** The first arguments that are short and plain. Without clear text there are none. */
function conditionsOf(sample: Sample): { readonly [subject: string]: Json } {
  const reading = sample.args === null ? null : readSample(sample)
  if (!reading || 'because' in reading || !isMembers(reading.envelope.args)) return {}
  const plain = Object.entries(reading.envelope.args).flatMap(([name, value]) =>
    !/[.\0]/.test(name) && name !== '' && isPlain(value) ? [[`args.${name}`, value] as const] : [],
  )
  return Object.fromEntries(plain.slice(0, MOST_CONDITIONS))
}

const isPlain = (value: Argument): value is string | number | boolean =>
  (typeof value === 'string' && value.length <= MOST_CHARACTERS) || typeof value === 'number' || typeof value === 'boolean'

function insertion(text: string, rules: Located, rule: object, target: Located | undefined): NewRule {
  const last = rules.items?.at(-1)
  if (text[rules.span.start] === '[') {
    const flow = flowYaml(rule as Json)
    if (target) return at(target.span.start, `${flow}, `)
    return last ? at(last.span.end, `, ${flow}`) : at(rules.span.start + 1, ` ${flow} `)
  }
  if (!last) return { because: 'the text has no list of rules' }
  const dash = text.lastIndexOf('-', (target ?? last).span.start)
  const line = text.lastIndexOf('\n', dash) + 1
  const block = blockItem(rule, dash - line)
  if (target) return at(aboveComments(text, line), block)
  const end = endOfLine(text, text.slice(0, last.span.end).trimEnd().length)
  return at(end, `${text[end - 1] === '\n' ? '' : '\n'}${block}`)
}

const at = (offset: number, text: string): NewRule => ({ edit: { start: offset, end: offset, text } })

/** Comments right above a rule are about that rule. */
function aboveComments(text: string, line: number): number {
  const before = text.lastIndexOf('\n', line - 2) + 1
  return line > 0 && /^\s*#/.test(text.slice(before, line)) ? aboveComments(text, before) : line
}
