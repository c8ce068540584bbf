import type { Json } from '../core/json'
import { type CompiledPolicy, tryCompile } from '../core/policy/compile'
import { documentDigest, policyDigest } from '../core/policy/digest'
import type { PolicyDocument } from '../core/policy/document'
import { explain } from '../core/policy/evaluate'
import { loadPolicy } from '../core/policy/load'
import type { Decision } from '../core/policy/model'
import { type RecordedFacts, readFacts, simulatedFacts } from '../core/policy/recorded-facts'
import { readSample, type Sample } from '../core/policy/sample'
import { type CallEntry, clearText, type Revealed } from './activity-call'
import type { Queries } from './connect'
import { sha256 } from './crypto'

/**
 * A recorded call judged again, now, under the policy that judged it then and with the facts it was judged with. `differs` names what came
 * out otherwise, and is empty where it is the same decision. `decision` may quote the call's arguments.
 */
export type Retraced = {
  readonly decision: Decision
  readonly differs: readonly ('outcome' | 'rule' | 'constraint' | 'code')[]
  readonly supposed: readonly string[]
}
export type Retrace = Retraced | { readonly because: string }

type Fields = CallEntry['fields']

/** Never throws for what the log holds: what can't be judged again says why. */
export async function retrace(sql: Queries, entry: CallEntry): Promise<Retrace> {
  const sample = await recordedSample(sql, entry)
  if ('because' in sample) return sample
  const reading = readSample(sample.sample)
  if ('because' in reading) return reading
  const { policy: named, guardrail: over } = entry.fields
  const policy = await compiledBy(sql, digestOf(named), 'policy')
  if ('because' in policy) return policy
  const guardrail = over === null || over === undefined ? null : await compiledBy(sql, textOf(over), 'guardrail')
  if (guardrail && 'because' in guardrail) return guardrail
  const rules = { policy: policy.compiled, guardrail: guardrail?.compiled ?? null }
  const { facts, supposed } = simulatedFacts(rules, reading.envelope, sample.facts)
  const decision = explain(rules, reading.envelope, facts)
  return { decision, differs: differenceOf(decision, entry.fields), supposed }
}

/** The call of a decision as a simulation takes it, with its arguments: for whoever may see them. */
export async function recordedSample(
  sql: Queries,
  entry: CallEntry,
): Promise<{ readonly sample: Sample; readonly facts: RecordedFacts } | { readonly because: string }> {
  const pin = typeof entry.fields.pin === 'string' ? await pinOf(sql, entry.fields.pin) : null
  return sampleFrom(entry, await clearText(sql, [entry]), pin)
}

/** The same of an entry whose clear text and pinned definition were read already. */
export function sampleFrom(
  entry: CallEntry,
  clear: readonly Revealed[],
  pin: RecordedFacts['pin'],
): { readonly sample: Sample; readonly facts: RecordedFacts } | { readonly because: string } {
  const { fields } = entry
  const args = argumentsOf(entry, clear)
  if (args === null) return { because: 'The arguments of this call are not kept, so it can’t be judged again.' }
  if (clear.some(({ matches }) => !matches)) return { because: 'What is kept of this call is not what its entry commits to.' }
  if (typeof fields.tool === 'string' && typeof fields.toolDigest === 'string')
    return { because: 'The log holds only part of the tool’s name, so the call can’t be judged again.' }
  const facts = factsOf(fields, clear, pin)
  if (!facts) return { because: 'The facts of this decision can’t be read.' }
  return { sample: sampleOf(entry, args, facts), facts }
}

function argumentsOf(entry: CallEntry, clear: readonly Revealed[]): string | null {
  const kept = clear.find(({ name }) => name === 'arguments')
  if (kept) return kept.isBinary ? null : kept.text || '{}'
  // Nothing at all was committed to where the call had no arguments.
  const commitments = entry.fields.commitments
  return commitments === undefined ? '{}' : null
}

function sampleOf({ fields }: CallEntry, args: string, facts: RecordedFacts): Sample {
  const principal = fields.principal as { readonly id?: unknown; readonly assurance?: unknown } | null
  const outcome = textOf(fields.outcome)
  return {
    id: textOf(fields.call),
    from: 'recorded',
    name: textOf(fields.tool) || textOf(fields.method),
    method: textOf(fields.method),
    tool: typeof fields.tool === 'string' ? fields.tool : null,
    server: textOf(fields.server),
    principal: { id: textOf(principal?.id), assurance: principal?.assurance === 'authenticated' ? 'authenticated' : 'asserted' },
    session: typeof fields.session === 'string' ? fields.session : null,
    args,
    facts,
    ...(outcome === 'allow' || outcome === 'deny' || outcome === 'escalate'
      ? { recorded: { at: textOf(fields.at), outcome, rule: typeof fields.rule === 'string' ? fields.rule : null } }
      : {}),
  }
}

/** What stands in the entry, what only its clear text says, and the pinned definition by its digest. */
function factsOf(fields: Fields, clear: readonly Revealed[], pin: RecordedFacts['pin']): RecordedFacts | null {
  const plain = objectOf(fields.facts)
  const derived = objectOf(parsed(clear.find(({ name }) => name === 'facts')?.text ?? '{}'))
  return readFacts({
    now: plain.now ?? 0,
    listed: plain.listed ?? false,
    session: plain.session ?? null,
    realpaths: derived.realpaths ?? [],
    rates: derived.rates ?? [],
    pin,
  })
}

async function pinOf(sql: Queries, digest: string): Promise<RecordedFacts['pin']> {
  const [row] = await sql<{ definition: Buffer }[]>`select definition from countersign.pins where digest = ${digest} limit 1`
  return pinFrom(digest, row?.definition ?? null)
}

/** A definition as policy may ask about it; what is not kept any more says nothing. */
export function pinFrom(digest: string, bytes: Buffer | null): RecordedFacts['pin'] {
  const definition = objectOf(parsed(bytes?.toString('utf8') ?? '{}'))
  return { digest, inputSchema: definition.inputSchema ?? null, annotations: objectOf(definition.annotations) }
}

export type Compiled = { readonly compiled: CompiledPolicy } | { readonly because: string }

/** A version whose text really has the digest that the entry names: a text that was bent since judges nothing. */
export async function compiledBy(sql: Queries, digest: string, kind: PolicyDocument['kind']): Promise<Compiled> {
  const [row] = await sql<{ yaml: string; document: string | null }[]>`
    select yaml, document from countersign.policy_versions where digest = ${digest} limit 1`
  if (!row) return { because: `The ${kind} that judged this call is not kept here (it may have come from a file).` }
  const document = documentOf(row, digest)
  if (!document) return { because: `The text of the ${kind} that judged this call is not the one it was judged by.` }
  const { policy, faults } = tryCompile(document)
  return policy ? { compiled: policy } : { because: `The ${kind} does not compile any more: ${faults[0]?.message ?? ''}.` }
}

function documentOf({ yaml, document }: { yaml: string; document: string | null }, digest: string): PolicyDocument | null {
  if (document !== null && documentDigest(document, sha256) === digest) return JSON.parse(document) as PolicyDocument
  const { document: parsedDocument } = loadPolicy(yaml)
  return parsedDocument && policyDigest(parsedDocument, sha256) === digest ? parsedDocument : null
}

function differenceOf({ outcome, rule, constraint, code }: Decision, fields: Fields): Retraced['differs'] {
  const named = rule === null ? null : rule.document === 'guardrail' ? `guardrail/${rule.id}` : rule.id
  const now = { outcome, rule: named, constraint, code }
  return (['outcome', 'rule', 'constraint', 'code'] as const).filter((field) => now[field] !== (fields[field] ?? null))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const digestOf = (policy: Json | undefined): string => textOf(objectOf(policy).digest)
const objectOf = (value: unknown): { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: Json }) : {}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
