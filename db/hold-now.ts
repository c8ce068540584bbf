import { asksMore } from '../core/approval/stricter'
import { evaluate } from '../core/policy/evaluate'
import type { Approval } from '../core/policy/model'
import { simulatedFacts } from '../core/policy/recorded-facts'
import { readSample } from '../core/policy/sample'
import type { Queries } from './connect'
import { fieldsFrom } from './decisions'
import type { Hold } from './holds'
import { listPublications } from './publications'
import { compiledBy, recordedSample } from './retrace'
import { nameToText } from './text'

export type Moot = 'definition_changed' | 'policy_changed'

/** What a person who wants to approve is told. */
export const MOOT: { readonly [because in Moot]: string } = {
  definition_changed:
    'Too late: the definition of this tool changed after the call was held. It can only be denied; the agent has to call again.',
  policy_changed:
    'Too late: the policy in force now denies this call or asks more of people. It can only be denied; the agent has to call again.',
}

/**
 * Why an approval given now would be of no use; null when nothing says so. A look ahead, so that nobody approves in vain: the claim asks all of
 * it again, with the facts of its own moment, and what can't be told here (facts that are not kept, a policy from a file) is left to it.
 */
export async function whyMoot(sql: Queries, hold: Hold): Promise<Moot | null> {
  if (await isRedefined(sql, hold)) return 'definition_changed'
  return (await isStricter(sql, hold)) ? 'policy_changed' : null
}

/** Another definition counts now, or was shown since and waits to be accepted. */
async function isRedefined(sql: Queries, { server, tool, pin, openedAt }: Hold): Promise<boolean> {
  const name = nameToText(tool)
  const rows = await sql<{ digest: string; state: string }[]>`
    select digest, state from countersign.pins
    where server = ${server} and tool_hash = encode(sha256(convert_to(${name}, 'UTF8')), 'hex') and tool = ${name}
      and (state in ('baseline', 'accepted') or state = 'pending' and seen_at > ${openedAt})`
  const inForce = rows.find(({ state }) => state !== 'pending')
  return (inForce !== undefined && inForce.digest !== pin) || rows.some(({ state, digest }) => state === 'pending' && digest !== pin)
}

type InForce = { readonly policy: string | null; readonly guardrail: string | null }

async function isStricter(sql: Queries, hold: Hold): Promise<boolean> {
  if (hold.policyName === null || hold.policyVersion === null) return false
  const now = await inForceNow(sql, hold.policyName)
  if (now === null || (now.policy === hold.policy && now.guardrail === hold.guardrail)) return false
  if (now.policy === null) return true
  const [policy, guardrail] = [
    await compiledBy(sql, now.policy, 'policy'),
    now.guardrail === null ? null : await compiledBy(sql, now.guardrail, 'guardrail'),
  ]
  if ('because' in policy || (guardrail && 'because' in guardrail)) return false
  return judgesMore(sql, hold, { policy: policy.compiled, guardrail: guardrail?.compiled ?? null })
}

/** Null where nothing was ever published: then the policy came from a file. */
async function inForceNow(sql: Queries, name: string): Promise<InForce | null> {
  const [latest] = await listPublications(sql, 1)
  if (!latest) return null
  const { policies, guardrail } = latest.contents
  const digest = async (of: string, version: number | undefined): Promise<string | null> => {
    const [row] = await sql<{ digest: string }[]>`
      select digest from countersign.policy_versions where name = ${of} and version = ${version ?? 0}`
    return row?.digest ?? null
  }
  return { policy: await digest(name, policies[name]), guardrail: guardrail ? await digest(guardrail.name, guardrail.version) : null }
}

async function judgesMore(
  sql: Queries,
  { openedBy, decisionSeq, approvals }: Hold,
  rules: Parameters<typeof evaluate>[0],
): Promise<boolean> {
  const [row] = await sql<{ body: string }[]>`
    select body from countersign.entries where writer = ${openedBy} and seq = ${decisionSeq ?? 0} and type = 'decision'`
  if (!row || decisionSeq === null) return false
  const place = { writer: openedBy, seq: decisionSeq, type: 'decision', recordedAt: '', hash: '', bent: [], kept: [] }
  const sample = await recordedSample(sql, { ...place, body: row.body, fields: fieldsFrom(row.body) })
  if ('because' in sample) return false
  const reading = readSample(sample.sample)
  if ('because' in reading) return false
  const { outcome, approvals: asked } = evaluate(rules, reading.envelope, simulatedFacts(rules, reading.envelope, sample.facts).facts)
  return outcome === 'deny' || (outcome === 'escalate' && asksMore(asked, approvals as unknown as readonly Approval[]))
}
