import { ATTEST_TAGS, faultOfAttested, voteStatement } from '../approval/statement'
import { fromHex, type Sha256, toHex, type Verify } from '../hash'
import type { Trust } from './certificate'
import { isNumbered, isWhole, type Manifest, parseOrNull, policyName } from './evidence'
import type { ToldDetached } from './evidence-detached'
import type { EvidenceFiles, Report } from './evidence-files'
import { placeOfHold, type Said } from './evidence-said'
import { type EvidenceHold, type EvidencePolicy, type EvidenceVersion, type EvidenceVote, isHold, isPolicy } from './evidence-shape'

type Tools = {
  readonly trust: Trust
  readonly sha256: Sha256
  readonly verify: Verify
  readonly report: Report
  readonly detached: ToldDetached
}

const encoder = new TextEncoder()

/** Every policy is what its digest says, and was reviewed as the log tells; every digest that decided or was published has its policy here. */
export async function checkPolicies(files: EvidenceFiles, said: Said, manifest: Manifest, tools: Tools): Promise<void> {
  const known = new Set(manifest.unresolved)
  const versions: EvidenceVersion[] = []
  for (const name of files.names((each) => each.startsWith('policies/'))) {
    const text = await files.text(name)
    const policy: unknown = text === null ? null : parseOrNull(text)
    if (isPolicy(policy) && name === policyName(policy.digest)) {
      known.add(policy.digest)
      versions.push(...policy.versions)
      for (const sentence of faultsOfPolicy(name, policy, tools.sha256)) tools.report(name, sentence)
    } else tools.report(name, `${name} is no policy by its digest.`)
  }
  for (const digest of [...said.policies].filter((each) => !known.has(each)))
    tools.report(policyName(digest), `Policy ${digest.slice(0, 16)}… decided or was published, and is not in the bundle.`)
  checkReviews(versions, said, manifest, tools)
}

/** What the log says was approved is told so; and where all of the log is here, no review is told that is not in it. */
function checkReviews(
  versions: readonly EvidenceVersion[],
  said: Said,
  { scope, population }: Manifest,
  { report, detached }: Tools,
): void {
  for (const { name, version, digest, approvedBy } of said.publications) {
    const told = versions.find((each) => each.name === name && each.version === version)
    const missing = approvedBy.filter((who) => !told?.reviews.some(({ reviewer, verdict }) => reviewer === who && verdict === 'approve'))
    if (told && missing.length > 0)
      report(
        policyName(digest),
        `The log tells who approved version ${version} of ${JSON.stringify(name.slice(0, 80))}, and its policy does not.`,
      )
  }
  if (!isWhole(scope) || population.first > 0 || detached.sentences.length > 0) return
  // A version that was published since the checkpoint may have reviews that are not sealed yet.
  const told = versions.filter((each) => said.publications.some(({ name, version }) => name === each.name && version === each.version))
  for (const { name, version, yamlSha256, reviews } of told)
    for (const { reviewer, verdict } of reviews)
      if (!said.reviews.has(`${yamlSha256} ${reviewer} ${verdict}`))
        report('policies', `A review of version ${version} of ${JSON.stringify(name.slice(0, 80))} is told that is not in the log.`)
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

/** Every hold is the one that the log tells of, and so is every vote: signed by a console of this log, over this call as its voter saw it. */
export async function checkHolds(files: EvidenceFiles, said: Said, tools: Tools): Promise<void> {
  const told = new Set<string>()
  const held = new Set<string>()
  for (const name of files.names((each) => isNumbered('holds', each)))
    for (const hold of await files.records(name, isHold)) {
      held.add(hold.hold)
      checkHold(hold, said, tools)
      checkVotes(hold, said, told, tools)
    }
  for (const hold of said.holds.keys())
    if (!held.has(hold)) tools.report('holds', `Hold ${hold.slice(0, 40)} is in the log and not in the bundle.`)
  for (const vote of said.votes.keys())
    if (!told.has(vote))
      tools.report('holds', `The vote ${JSON.stringify(vote.slice(0, 80))} is in the log and what it signed is not in the bundle.`)
}

/** An approval that was used goes on to what became of the call, which receipts tell. */
const USED: readonly string[] = ['claimed', 'done', 'failed', 'unknown']

function checkHold({ hold, call, server, tool, state }: EvidenceHold, said: Said, { report }: Tools): void {
  const [opened, end] = [said.holds.get(hold), said.holdEnds.get(hold)]
  const name = hold.slice(0, 40)
  if (opened !== undefined && opened !== placeOfHold(call, server, tool))
    report(`hold ${name}`, `What is said of hold ${name} is not what the log says that it was opened for.`)
  if (end !== undefined && !(end === 'claimed' ? USED.includes(state) : state === end))
    report(`hold ${name}`, `Hold ${name} is told to be ${JSON.stringify(state.slice(0, 40))}, and the log tells that it is ${end}.`)
}

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
