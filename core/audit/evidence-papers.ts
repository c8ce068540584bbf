import { ATTEST_TAGS, faultOfAttested, voteStatement } from '../approval/statement'
import { fromHex, type Sha256, toHex, type Verify } from '../hash'
import type { Trust } from './certificate'
import { recordedName } from './entry'
import { isNumbered, parseOrNull, policyName } from './evidence'
import type { Said } from './evidence-entries'
import type { EvidenceFiles, Report } from './evidence-files'
import { type EvidenceHold, type EvidencePolicy, type EvidenceVote, isHold, isPolicy } from './evidence-shape'

type Tools = { readonly trust: Trust; readonly sha256: Sha256; readonly verify: Verify; readonly report: Report }

const encoder = new TextEncoder()

/** Every policy is what its digest says, and every digest that decided has its policy here, or is said to be known nowhere. */
export async function checkPolicies(files: EvidenceFiles, said: Said, unresolved: readonly string[], tools: Tools): Promise<void> {
  const known = new Set(unresolved)
  for (const name of files.names((each) => each.startsWith('policies/'))) {
    const text = await files.text(name)
    const policy: unknown = text === null ? null : parseOrNull(text)
    if (isPolicy(policy) && name === policyName(policy.digest)) {
      known.add(policy.digest)
      for (const sentence of faultsOfPolicy(name, policy, tools.sha256)) tools.report(name, sentence)
    } else tools.report(name, `${name} is no policy by its digest.`)
  }
  for (const digest of [...said.policies].filter((each) => !known.has(each)))
    tools.report(policyName(digest), `Calls were decided by policy ${digest.slice(0, 16)}…, which is not in the bundle.`)
}

function faultsOfPolicy(name: string, { document, language, digest, versions }: EvidencePolicy, sha256: Sha256): readonly string[] {
  const whole = `{"document":${document},"language":${JSON.stringify(language)}}`
  const isOther = document !== null && digestOf(whole, sha256) !== digest
  return [
    ...(isOther ? [`The document in ${name} is not the one with that digest.`] : []),
    ...versions
      .filter(({ yaml, yamlSha256 }) => digestOf(yaml, sha256) !== yamlSha256)
      .map(({ version }) => `The text of version ${version} in ${name} is not the one that was published.`),
  ]
}

const digestOf = (text: string, sha256: Sha256): string => (text.isWellFormed() ? toHex(sha256(encoder.encode(text))) : '')

/** Every vote was signed by a console of this log, over this call as its voter saw it, and is the one that the log tells of. */
export async function checkHolds(files: EvidenceFiles, said: Said, tools: Tools): Promise<void> {
  const told = new Set<string>()
  for (const name of files.names((each) => isNumbered('holds', each)))
    for (const hold of await files.records(name, isHold)) {
      checkHold(hold, said, tools)
      checkVotes(hold, said, told, tools)
    }
  for (const vote of said.votes.keys())
    if (!told.has(vote))
      tools.report('holds', `The vote ${JSON.stringify(vote.slice(0, 80))} is in the log and what it signed is not in the bundle.`)
}

/** What never changes of a held call is what its opening says, where that was exported. */
function checkHold({ hold, call, server, tool }: EvidenceHold, said: Said, tools: Tools): void {
  const opened = said.holds.get(hold)
  if (opened && (opened.call !== call || storedAs(opened.server) !== storedAs(server) || storedAs(opened.tool) !== storedAs(tool)))
    tools.report(`hold ${hold.slice(0, 40)}`, `What is said of hold ${hold.slice(0, 40)} is not what the log says that it was opened for.`)
}

/** A name as columns and entries both can hold it. */
const storedAs = (name: unknown): string => (typeof name === 'string' ? recordedName(name) : '')

function checkVotes(hold: EvidenceHold, said: Said, told: Set<string>, tools: Tools): void {
  const name = hold.hold.slice(0, 40)
  for (const vote of hold.votes) {
    told.add(`${hold.hold} ${vote.voter}`)
    const fault = faultOfVote(hold, vote, said, tools)
    if (fault !== null) tools.report(`hold ${name}`, `A vote on hold ${name} can’t be believed: ${fault}.`)
  }
}

function faultOfVote({ hold }: EvidenceHold, vote: EvidenceVote, said: Said, { trust, verify }: Tools): string | null {
  const signature = fromHex(vote.signature)
  const { voter, verdict, binding, displayed } = vote
  if (signature === null) return 'its signature is none'
  const at = timeOf(vote.statement)
  const fault = faultOfAttested({ trust, verify }, ATTEST_TAGS.vote, { ...vote, signature }, (signer) =>
    voteStatement(signer, { hold, binding, displayed, voter, verdict, at }),
  )
  const inLog = said.votes.get(`${hold} ${voter}`)
  if (fault === null && inLog !== undefined && inLog !== vote.signature) return 'the log tells of another'
  return fault
}

/** The time is part of what was signed and stands nowhere else. */
function timeOf(statement: string): string {
  const value = parseOrNull(statement)
  const at = typeof value === 'object' && value !== null && 'at' in value ? value.at : null
  return typeof at === 'string' && at.isWellFormed() ? at : ''
}
