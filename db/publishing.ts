import type { PublisherCertificate, Trust } from '../core/audit/certificate'
import type { PublicationFields } from '../core/audit/policy-fields'
import { AppError } from '../core/errors'
import type { Sign } from '../core/hash'
import { canonicalJson } from '../core/json'
import { checkStatement, type Statement, signStatement } from '../core/policy/publication'
import { publisherKey } from '../core/policy/publisher-key'
import type { Queries } from './connect'
import { verifyEd25519 } from './crypto'
import type { Epochs } from './epochs'
import { addVersion, type NewVersion, type PolicyVersion, readVersion } from './policies'
import { type Contents, listPublications, type Published, publish, takeEpoch } from './publications'

/** Who publishes, under which root, and what epoch this machine has seen. */
export type Publisher = {
  readonly trust: Trust
  readonly certificate: PublisherCertificate
  readonly sign: Sign
  readonly epochs: Epochs
  readonly actor: string
}

export type Publication = {
  readonly entry: PublicationFields
  readonly name: string
  readonly version: number
  readonly digest: string
  readonly epoch: number
}

const ORGANISATION = 'default'
/** How far back the last believable publication is looked for: past forged rows that somebody put on top. */
const LOOK_BACK = 100

/**
 * Keeps a text as the next version of its name and puts it in force, in the caller's transaction. `nowMs` dates the statement. With a
 * `base`, that version must still be the one in force (0: none): throws AppError('conflict') otherwise.
 */
export const publishText = async (
  tx: Queries,
  publisher: Publisher,
  added: NewVersion,
  nowMs: number,
  base: number | null = null,
): Promise<Publication> => {
  // Sent together and answered in this order, so that the rest is read behind the lock that the first one takes.
  const [version, ground] = await Promise.all([addVersion(tx, added), readGround(tx, publisher, nowMs)])
  const found = inForceOf(ground.last.contents, added.name)
  if (base !== null && base !== found) throw new AppError('conflict', moved(base, found))
  return putInForce(tx, publisher, { ...added, version }, { type: 'policy.publish', nowMs, ground })
}

const moved = (base: number, found: number): string =>
  base === 0
    ? `Version ${found} went in force since this draft was begun: compare it, and base the draft on version ${found}.`
    : `Version ${found} went in force since this draft was made from version ${base}: compare it, and base the draft on version ${found}.`

export type Restoring = { readonly name: string; readonly to: number; readonly author: string; readonly message: string }

/**
 * Publishes the text of an earlier version again, as a new version. Throws AppError('not_found') where there is none, ('conflict') where
 * that text is in force, or another version than `base` is.
 */
export const restoreVersion = async (
  tx: Queries,
  publisher: Publisher,
  { name, to, author, message }: Restoring,
  nowMs: number,
  base: number | null = null,
): Promise<Publication> => {
  const old = await readVersion(tx, name, to)
  if (!old) throw new AppError('not_found', `There is no version ${to} of policy ${name}; \`countersign policy list\` shows what there is.`)
  const { createdAt: _, version: __, document, ...text } = old
  const ground = await readGround(tx, publisher, nowMs)
  const found = inForceOf(ground.last.contents, name)
  if (base !== null && base !== found)
    throw new AppError('conflict', `Version ${found} is in force meanwhile, not version ${base}: look at it and decide again.`)
  if (ground.last.statement.policies[name] === old.digest || (old.kind === 'guardrail' && ground.last.statement.guardrail === old.digest))
    throw new AppError('conflict', `What version ${to} says is in force already, as version ${found}.`)
  const version = await addVersion(tx, { ...text, author, message, ...(document === null ? {} : { document }) })
  const done = await putInForce(tx, publisher, { ...text, message, version }, { type: 'policy.rollback', nowMs, ground })
  return { ...done, entry: { ...done.entry, restores: to } }
}

/** The version of a policy or guardrail that a publication has; 0 for none. */
export const inForceOf = ({ policies, guardrail }: Contents, name: string): number =>
  guardrail?.name === name ? guardrail.version : (policies[name] ?? 0)

type Chosen = Pick<PolicyVersion, 'name' | 'version' | 'kind' | 'digest' | 'yamlSha256' | 'message'>
type Ground = { readonly epoch: number; readonly last: Last }
type How = { readonly type: PublicationFields['type']; readonly nowMs: number; readonly ground: Ground }

/** What the next publication stands on: its epoch, held until the transaction ends, and what was in force before. */
const readGround = async (tx: Queries, publisher: Publisher, nowMs: number): Promise<Ground> => {
  const [epoch, newest] = await Promise.all([takeEpoch(tx), listPublications(tx, 1)])
  const last = believable(newest, publisher, nowMs) ?? believable(await listPublications(tx, LOOK_BACK), publisher, nowMs)
  return { epoch, last: last ?? nothingBefore(publisher) }
}

const putInForce = async (tx: Queries, publisher: Publisher, chosen: Chosen, { type, nowMs, ground }: How): Promise<Publication> => {
  const { epoch, last } = ground
  const { statement, contents, before } = withChosen(last, chosen)
  const publishedAt = new Date(nowMs).toISOString()
  const signed = signStatement(
    { v: 1, log: publisher.trust.log, organisation: ORGANISATION, ...statement, epoch, expires: null, publishedAt },
    publisher.sign,
  )
  const certificate = canonicalJson(publisher.certificate)
  await publish(tx, { epoch, ...signed, certificate, contents }, publisher.actor, chosen.message)
  const { name, version, digest, yamlSha256 } = chosen
  const entry = { type, actor: publisher.actor, name, version, digest, textDigest: yamlSha256, epoch, before }
  return { entry, name, version, digest, epoch }
}

type Last = { readonly statement: Pick<Statement, 'policies' | 'guardrail'>; readonly contents: Contents }

const NOTHING: Last = { statement: { policies: {}, guardrail: null }, contents: { policies: {}, guardrail: null } }

const withChosen = ({ statement, contents }: Last, { name, version, kind, digest }: Chosen) =>
  kind === 'guardrail'
    ? {
        statement: { policies: statement.policies, guardrail: digest },
        contents: { policies: contents.policies, guardrail: { name, version } },
        before: statement.guardrail,
      }
    : {
        statement: { policies: { ...statement.policies, [name]: digest }, guardrail: statement.guardrail },
        contents: { policies: { ...contents.policies, [name]: version }, guardrail: contents.guardrail },
        before: statement.policies[name] ?? null,
      }

/**
 * The newest publication that the pinned root vouches for. What is signed next repeats it, so a forged row must never get in here, and
 * neither must a database that was set back: then nothing is published until an operator has looked.
 */
const believable = (publications: readonly Published[], { trust, epochs }: Publisher, nowMs: number): Last | null => {
  const remembered = { log: trust.log, epoch: epochs.highest(), nowMs }
  for (const published of publications) {
    const key = publisherKey(published.certificate, trust, verifyEd25519)
    const checked = key && checkStatement(published, key, verifyEd25519, remembered)
    if (checked && 'statement' in checked) return { statement: checked.statement, contents: published.contents }
  }
  return null
}

const nothingBefore = ({ epochs }: Publisher): Last => {
  const seen = epochs.highest()
  if (seen === 0) return NOTHING
  throw new AppError(
    'conflict',
    `The database lacks publication ${seen}, which was seen here: it was set back or changed; \`countersign verify\` says more.`,
  )
}
