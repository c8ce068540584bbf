import type { Trust } from '../core/audit/certificate'
import { AppError } from '../core/errors'
import { type CompiledPolicy, compileOwn, tryCompile } from '../core/policy/compile'
import { documentDigest, policyDigest } from '../core/policy/digest'
import type { PolicyDocument } from '../core/policy/document'
import { parsePolicy } from '../core/policy/language'
import { checkStatement, type Statement } from '../core/policy/publication'
import { publisherKey } from '../core/policy/publisher-key'
import type { Sql } from '../db/connect'
import { sha256, verifyEd25519 } from '../db/crypto'
import type { Epochs } from '../db/epochs'
import { type Latest, latestPublication } from '../db/publications'
import type { InForce, Look } from './policy-source'

/** A policy text that parsed and compiled, or one sentence on why it did not. */
export type Text = { readonly policy: CompiledPolicy; readonly digest: string } | { readonly because: string }

/** Reads a policy, or a guardrail where that is wanted; `what` names it in the sentence. Never throws. */
export function readText(text: string, what: string, kind: PolicyDocument['kind'] = 'policy'): Text {
  const { document, problems, places } = parsePolicy(text)
  if (!document) {
    const [first] = problems
    return { because: `${what} has an error${first ? ` in line ${first.place.line}, column ${first.place.column}: ${first.message}` : ''}` }
  }
  if (document.kind !== kind) return { because: `${what} is a ${document.kind}, where a ${kind} is wanted` }
  const { policy, faults } = tryCompile(document, places)
  return policy ? { policy, digest: policyDigest(document, sha256) } : { because: `${what} does not compile: ${faults[0]?.message ?? ''}` }
}

type Options = {
  readonly sql: Sql
  readonly name: string
  /** Enforced instead of a published policy; the published guardrail still lies over it. */
  readonly file: Text | null
  readonly trust: Trust
  readonly epochs: Epochs
  readonly nowMs: () => number
}

/** Looks for what is in force, believing nothing that the pinned root does not vouch for. Rejects with AppError('unavailable'). */
export function makeLook(options: Options): (current: InForce | null) => Promise<Look> {
  const publisherOf = rememberLast((certificate: string) => publisherKey(certificate, options.trust, verifyEd25519))
  return async (current) => {
    const latest = await read(options)
    if (!latest) return nothingPublished(options)
    if (current && current.epoch === latest.epoch && current.signature === hexOf(latest.signature)) return { found: current }
    const refused = (because: string): Look => ({ refused: `publication ${latest.epoch} is refused: ${because}` })
    const publisher = publisherOf(latest.certificate)
    if (!publisher) return refused('its publisher is not certified by the pinned root')
    const remembered = { log: options.trust.log, epoch: options.epochs.highest(), nowMs: options.nowMs() }
    const checked = checkStatement(latest, publisher, verifyEd25519, remembered)
    if ('refused' in checked) return refused(checked.refused)
    if (checked.statement.epoch !== latest.epoch) return refused('it was signed for another epoch')
    return assemble(options, latest, checked.statement, refused)
  }
}

/** The certificate is the same for as long as nobody changes the publisher's key. */
function rememberLast<T>(work: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly value: T } | null = null
  return (text) => {
    if (last?.text !== text) last = { text, value: work(text) }
    return last.value
  }
}

async function read({ sql, name }: Options): Promise<Latest | null> {
  try {
    return await latestPublication(sql, name)
  } catch (cause) {
    throw new AppError('unavailable', 'the database can not be asked for the policy', { cause })
  }
}

function nothingPublished({ epochs, file, name }: Options): Look {
  if (epochs.highest() > 0)
    return { refused: `the database holds no publication, but epoch ${epochs.highest()} was seen here: it was emptied or replaced` }
  if (file === null) return { nothing: `no policy "${name}" is published. Run: countersign policy publish FILE.yaml` }
  return 'because' in file ? { refused: file.because } : { found: inForce(file, null, { name, version: null, epoch: 0, signature: '' }) }
}

function assemble(options: Options, latest: Latest, statement: Statement, refused: (because: string) => Look): Look {
  const guardrail =
    statement.guardrail === null
      ? null
      : published(latest.guardrailYaml, latest.guardrailDocument, { digest: statement.guardrail, kind: 'guardrail' })
  if (guardrail && 'because' in guardrail) return refused(guardrail.because)
  const digest = statement.policies[options.name]
  if (!options.file && digest === undefined)
    return { nothing: `no policy "${options.name}" is published. Run: countersign policy publish FILE.yaml` }
  const policy = options.file ?? published(latest.yaml, latest.document, { digest: digest ?? '', kind: 'policy' })
  if ('because' in policy) return options.file ? { refused: policy.because } : refused(policy.because)
  options.epochs.remember(latest.epoch)
  const version = options.file ? null : latest.version
  return { found: inForce(policy, guardrail, { name: options.name, version, epoch: latest.epoch, signature: hexOf(latest.signature) }) }
}

type Signed = { readonly digest: string; readonly kind: PolicyDocument['kind'] }

/** A text from the database counts only if it is the one that was signed: the document as it is, or else what the YAML parses to. */
function published(yaml: string | null, document: string | null, { digest, kind }: Signed): Text {
  if (document !== null && documentDigest(document, sha256) === digest) return readDocument(document, digest, kind)
  if (yaml === null) return { because: `the text of the ${kind} is missing` }
  const text = readText(yaml, `the published ${kind}`, kind)
  return 'because' in text || text.digest === digest ? text : { because: `the text of the ${kind} is not the one that was signed` }
}

/** A document whose digest was signed is one that parsed and was judged sound when it was published. */
function readDocument(text: string, digest: string, kind: PolicyDocument['kind']): Text {
  const document = JSON.parse(text) as PolicyDocument
  if (document.kind !== kind) return { because: `the published ${kind} is a ${document.kind}` }
  const { policy, faults } = compileOwn(document)
  return policy ? { policy, digest } : { because: `the published ${kind} does not compile: ${faults[0]?.message ?? ''}` }
}

type Good = Exclude<Text, { readonly because: string }>

const inForce = (policy: Good, guardrail: Good | null, rest: Pick<InForce, 'name' | 'version' | 'epoch' | 'signature'>): InForce => ({
  rules: { policy: policy.policy, guardrail: guardrail?.policy ?? null },
  digest: policy.digest,
  guardrail: guardrail?.digest ?? null,
  ...rest,
})

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
