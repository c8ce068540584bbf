import type { Json } from '../json'
import { runCases } from './cases'
import type { Case } from './document'
import type { Ruleset } from './evaluate'
import { type Located, locate } from './places'
import { readSample, type Sample } from './sample'
import { holdsInexact } from './subjects-path'
import { blockItem, flowYaml } from './yaml-flow'

/** Text put into a text: what stood from `start` to `end` goes. Offsets are UTF-16 units. */
export type TextEdit = { readonly start: number; readonly end: number; readonly text: string }

export type NewTest = { readonly edit: TextEdit; readonly expect: Case['expect'] } | { readonly because: string }

/**
 * A sample as one more test of the policy, expecting what the rules decide of it as a test now: a test knows no symlinks, sessions or
 * spent rates. The text around it stays as it is.
 */
export function newTest(text: string, root: Located, rules: Ruleset, sample: Sample): NewTest {
  const reading = readSample(sample)
  if ('because' in reading) return reading
  if (holdsInexact(reading.envelope.args)) return { because: 'it holds a number that no test can write down exactly' }
  const call = callOf(sample, reading.envelope.args as { readonly [key: string]: Json })
  const alone = { policy: rules.policy, guardrail: null }
  const [result] = runCases(alone, [{ call, expect: 'deny' }])
  if (!result) return { because: 'it could not be judged' }
  const [, expected = 'deny', rule, constraint] = /^(\w+)(?: by (\S+))?(?: for (\S+))?$/.exec(result.got) ?? []
  const written = {
    name: sample.name === '' ? `${sample.tool ?? sample.method} is ${expected === 'escalate' ? 'held' : expected}` : testName(sample),
    call,
    expect: expected as Case['expect'],
    ...(rule ? { rule } : {}),
    ...(constraint ? { constraint } : {}),
  }
  return { edit: insertion(text, root, written), expect: written.expect }
}

const testName = ({ tool, name }: Sample): string => `${tool ?? ''} ${name}`.trim().slice(0, 200)

/** What a test can say of a call; the time only of one that was recorded. */
function callOf({ method, tool, server, principal, facts, from }: Sample, args: { readonly [key: string]: Json }): Case['call'] {
  const annotations = facts?.pin?.annotations
  return {
    ...(method === 'tools/call' ? { tool: tool ?? '' } : { method }),
    ...(server === 'server' ? {} : { server }),
    principal: principal.id,
    ...(principal.assurance === 'authenticated' ? { authenticated: true } : {}),
    args,
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(from === 'recorded' && facts ? { at: new Date(facts.now).toISOString() } : {}),
  }
}

/** Behind the last test, as the tests there are written; with none, at the end. */
function insertion(text: string, root: Located, test: object): TextEdit {
  const tests = locate(root, ['tests'])
  const last = tests?.items?.at(-1)
  if (!tests || !last) {
    const gap = text.endsWith('\n') || text === '' ? '' : '\n'
    return { start: text.length, end: text.length, text: `${gap}\ntests:\n${blockItem(test, 2)}` }
  }
  if (text[tests.span.start] === '[') return { start: last.span.end, end: last.span.end, text: `, ${flowYaml(test as Json)}` }
  const dash = text.lastIndexOf('-', last.span.start)
  const indent = dash - (text.lastIndexOf('\n', dash) + 1)
  const at = endOfLine(text, text.slice(0, last.span.end).trimEnd().length)
  return { start: at, end: at, text: `${text[at - 1] === '\n' ? '' : '\n'}${blockItem(test, indent)}` }
}

export function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline === -1 ? text.length : newline + 1
}
