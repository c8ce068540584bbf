import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../../core/errors'
import type { CallView } from '../../core/mcp/call'
import { membersOf } from '../../core/mcp/members'
import { scanLine } from '../../core/mcp/scan'
import { isJson, readWrittenCall } from '../../core/mcp/written-call'
import { explain, factsNeeded, type Ruleset } from '../../core/policy/evaluate'
import { loadPolicy } from '../../core/policy/load'
import type { Decision, Envelope, Facts } from '../../core/policy/model'
import { type RecordedFacts, readFacts, simulatedFacts } from '../../core/policy/recorded-facts'
import { quote } from '../../core/quote'
import { isCode } from '../../db/embedded-home'
import { resolveRealpaths } from '../realpaths'
import { foreign } from '../terminal'
import { sayProblem } from './check'
import type { Command, Context } from './context'
import { readPolicyFile } from './policy-text'

/** What a policy would decide: 0 when every call was decided, 1 for a bad policy, 2 for a bad call. */
export const simulate: Command = async (context) => {
  const [path = ''] = context.words
  const { policy, problems } = loadPolicy(readPolicyFile(path))
  if (!policy) {
    for (const problem of problems) sayProblem({ ...context.terminal, say: (text) => context.terminal.note(text) }, path, problem)
    return 1
  }
  const rules: Ruleset = { policy, guardrail: null }
  const world = readWorld(context)
  let code = 0
  for (const [at, written] of writtenCalls(context).entries()) {
    const read = readWritten(written, world)
    if ('because' in read) {
      context.terminal.note(`call ${at + 1} can’t be read: ${read.because}.`)
      code = 2
    } else await decide(context, rules, read, world)
  }
  return code
}

/** What the command line says of the world. `cwd` null means that symlinks are not looked at. */
type World = { readonly server: string; readonly principal: string; readonly nowMs: number; readonly cwd: string | null }

const readWorld = ({ values, localPrincipal }: Context): World => {
  const nowMs = typeof values.at === 'string' ? Date.parse(values.at) : Date.now()
  if (Number.isNaN(nowMs)) throw new AppError('invalid', '--at takes a time such as 2026-01-31T12:00:00Z.')
  return {
    server: typeof values.server === 'string' ? values.server : 'server',
    principal: typeof values.principal === 'string' ? values.principal : localPrincipal,
    nowMs,
    cwd: typeof values.cwd === 'string' ? resolve(values.cwd) : null,
  }
}

/** One call as it was written: raw JSON for what is judged, so that no number changes on the way. */
type Written = { readonly text: string } | { readonly tool: string; readonly args: string }

const writtenCalls = ({ values }: Context): readonly Written[] => {
  if ((values.calls === undefined) === (values.tool === undefined))
    throw new AppError('invalid', 'Give either --tool with --args, or --calls with a file of calls.')
  if (typeof values.calls !== 'string') return [{ tool: String(values.tool), args: String(values.args ?? '{}') }]
  const lines = readCalls(values.calls).split('\n')
  return lines.filter((line) => line.trim() !== '').map((text) => ({ text }))
}

const readCalls = (path: string): string => {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) throw new AppError('invalid', `There is no file ${foreign(path)}.`)
    if (isCode(error, 'EISDIR')) throw new AppError('invalid', `${foreign(path)} is a directory; name a file of calls.`)
    if (isCode(error, 'EACCES')) throw new AppError('invalid', `${foreign(path)} can’t be read by this user.`)
    throw error
  }
}

type ReadCall = { readonly envelope: Envelope; readonly facts: RecordedFacts | null } | { readonly because: string }

type Readable = Exclude<ReadCall, { readonly because: string }>

/** Through the gateway’s own scanner: what it would refuse is refused here. */
const readWritten = (written: Written, world: World): ReadCall => {
  const fields = 'text' in written ? fieldsOf(written.text) : { tool: written.tool, rawArgs: written.args }
  if ('because' in fields) return fields
  const { method = 'tools/call', tool = null, rawArgs } = fields
  const reading = readWrittenCall({ method, tool, args: rawArgs })
  if ('because' in reading) return reading
  return { envelope: envelopeOf(reading.call, fields, world), facts: fields.facts ?? null }
}

type Fields = {
  readonly tool?: string
  readonly method?: string
  readonly server?: string
  readonly principal?: string
  readonly session?: string
  readonly authenticated?: boolean
  /** Of a recorded call: what its decision was made from. */
  readonly facts?: RecordedFacts
  readonly rawArgs: string
}

const TEXTS = ['tool', 'method', 'server', 'principal', 'session']
const KNOWN = [...TEXTS, 'authenticated', 'facts', 'args']

/** The raw text of `args` is cut out by re-reading: `JSON.parse` would have rounded its numbers. */
const fieldsOf = (text: string): Fields | { readonly because: string } => {
  if (!isJson(text)) return { because: 'the line is not JSON' }
  const wrapped = new TextEncoder().encode(`{"jsonrpc":"2.0","id":0,"method":"simulate","params":${text}}`)
  const { message, fault } = scanLine(wrapped, 'client')
  if (fault || message.kind !== 'request' || message.params === null) return { because: fault?.because ?? 'the line is no object' }
  const members = membersOf(wrapped, message.params)
  const raw = (name: string): string | undefined => {
    const value = members.find((member) => member.name === name)?.value
    return value && new TextDecoder().decode(wrapped.subarray(value.start, value.end))
  }
  const unknown = members.find(({ name }) => !KNOWN.includes(name))
  if (unknown) return { because: `it has an unknown member ${quote(unknown.name)}` }
  const texts = Object.fromEntries(TEXTS.flatMap((name) => (raw(name) ? [[name, JSON.parse(raw(name) ?? '')]] : [])))
  const wrong = Object.entries(texts).find(([, value]) => typeof value !== 'string')
  if (wrong) return { because: `${wrong[0]} is not a string` }
  const facts = raw('facts') === undefined ? undefined : readFacts(JSON.parse(raw('facts') ?? ''))
  if (facts === null) return { because: 'its facts are not those of a recorded call' }
  return { ...texts, authenticated: raw('authenticated') === 'true', rawArgs: raw('args') ?? '{}', ...(facts ? { facts } : {}) }
}

const envelopeOf = (call: CallView, { server, principal, session, authenticated }: Fields, world: World): Envelope => ({
  method: call.method,
  tool: call.tool,
  server: server ?? world.server,
  principal: { id: principal ?? world.principal, assurance: authenticated ? 'authenticated' : 'asserted' },
  session: session ?? null,
  args: call.args,
})

const decide = async ({ terminal }: Context, rules: Ruleset, { envelope, facts: recorded }: Readable, world: World): Promise<void> => {
  const facts = recorded ? simulatedFacts(rules, envelope, recorded).facts : await factsOf(rules, envelope, world)
  const start = performance.now()
  const decision = explain(rules, envelope, facts)
  const ms = Math.round((performance.now() - start) * 1000) / 1000
  terminal.say(storyOf(decision, envelope), {
    outcome: decision.outcome,
    rule: decision.rule?.id ?? null,
    reason: decision.reason,
    constraint: decision.constraint,
    line: decision.rule?.place?.line ?? null,
    ms,
    code: decision.code,
    near: decision.near.map(({ rule, because }) => ({ rule: rule.id, because })),
    symlinksChecked: facts.realpaths !== null,
  })
}

/** No tool was listed and no call was made before: what a policy asks of those is unknown, or unspent. */
const factsOf = async (rules: Ruleset, envelope: Envelope, { nowMs, cwd }: World): Promise<Facts> => {
  const needed = neededBy(rules, envelope)
  return {
    now: nowMs,
    realpaths: cwd === null ? null : await resolveRealpaths(needed.paths),
    pin: null,
    listed: false,
    session: null,
    rates: new Map(needed.rates.map(({ key }) => [key, 0])),
  }
}

/** What asks for facts may throw on a hostile call; `evaluate` then denies it by itself. */
const neededBy = (rules: Ruleset, envelope: Envelope) => {
  try {
    return factsNeeded(rules, envelope)
  } catch (error) {
    if (error instanceof Error) return { paths: [], rates: [] }
    throw error
  }
}

const storyOf = ({ outcome, rule, reason, constraint, near }: Decision, { tool, method }: Envelope): string => {
  const where = rule ? ` by ${rule.id}${rule.place ? ` (line ${rule.place.line})` : ''}` : ''
  const bound = constraint ? `, ${constraint}` : ''
  const lines = near.map((miss) => `    near: ${miss.rule.id}: ${miss.because}`)
  return [`${outcome} ${foreign(tool ?? method)}${where}${bound}: ${reason}`, ...lines].join('\n')
}
