import { AppError } from '../../core/errors'
import { documentText, policyDigest } from '../../core/policy/digest'
import type { PolicyDocument } from '../../core/policy/document'
import type { Sql } from '../../db/connect'
import { sha256 } from '../../db/crypto'
import { openEpochs } from '../../db/epochs'
import { listVersions, type NewVersion, readVersion } from '../../db/policies'
import { listPublications } from '../../db/publications'
import { type Publication, type Publisher, publishText, restoreVersion } from '../../db/publishing'
import { publishWhole, type Desk as ReleaseDesk, rollBack } from '../../db/releases'
import { foreign, inert } from '../terminal'
import { examine, sayProblem } from './check'
import type { Command, Context } from './context'
import { type Desk, reading, refuseOnceFounded, writing } from './session'

/** Checks, signs and publishes; a policy with an error or a red test stays where it is. */
export const publish: Command = async (context) => {
  const [path = ''] = context.words
  const { text, loaded, problems, results } = examine(path)
  for (const { file, problem } of problems) sayProblem({ ...context.terminal, say: (line) => context.terminal.note(line) }, file, problem)
  const red = results.filter(({ passed }) => !passed).length
  if (!loaded.document || problems.length > 0) throw new AppError('invalid', `${foreign(path)} has errors and was not published.`)
  if (red > 0)
    throw new AppError('invalid', `${red} of the tests of ${foreign(path)} fail; \`countersign check ${foreign(path)}\` says which.`)
  const { kind } = loaded.document
  const name = nameFrom(context, kind === 'guardrail' ? 'guardrail' : 'default')
  const given = { name, kind, yaml: text, message: messageFrom(context) }
  const document = loaded.document
  const done = await writing(context, (desk) => {
    const { person } = desk
    if (person) return publisherOf(context, desk).then((at) => publishWhole(at, person, given, Date.now()))
    return founding(context, desk, (tx, publisher) => publishText(tx, publisher, newVersion(context, given, document), Date.now()))
  })
  sayPublished(context, done)
  return 0
}

/** Puts the text of an earlier version in force: a new version, signed now. */
export const rollback: Command = async (context) => {
  const to = positive(context.values.to, '--to takes the number of a version; `countersign policy list` shows them.')
  const name = nameFrom(context, 'default')
  const message = messageFrom(context)
  const done = await writing(context, (desk) => {
    const { person } = desk
    const restoring = { name, to, author: desk.founder, message }
    if (person)
      return publisherOf(context, desk).then((at) => rollBack(at, person, { name, to, inForce: null, reason: message }, Date.now()))
    return founding(context, desk, (tx, publisher) => restoreVersion(tx, publisher, restoring, Date.now()))
  })
  sayPublished(context, done)
  return 0
}

export const list: Command = async (context) => {
  const { versions, contents } = await reading(context, async (sql) => {
    const [latest] = await listPublications(sql, 1)
    return { versions: await listVersions(sql), contents: latest?.contents ?? null }
  })
  const inForce = ({ name, version }: { name: string; version: number }): boolean =>
    contents?.policies[name] === version || (contents?.guardrail?.name === name && contents.guardrail.version === version)
  context.terminal.table(
    versions.map((row) => ({ ...row, inForce: inForce(row) })),
    {
      policy: (row) => row.name,
      version: (row) => row.version,
      '': (row) => (row.inForce ? 'in force' : ''),
      kind: (row) => row.kind,
      digest: (row) => row.digest.slice(0, 16),
      by: (row) => row.author,
      at: (row) => row.createdAt.toISOString(),
    },
    'No policy is published; `countersign policy publish policy.yaml` publishes one.',
  )
  return 0
}

/** The text as it was published, and nothing else, so that it can be piped into a file. */
export const show: Command = async (context) => {
  const [name = 'default'] = context.words
  const asked = context.values.version === undefined ? null : positive(context.values.version, '--version takes a number.')
  const found = await reading(context, async (sql) => {
    const [latest] = await listPublications(sql, 1)
    const { policies = {}, guardrail = null } = latest?.contents ?? {}
    const inForce = guardrail?.name === name ? guardrail.version : policies[name]
    return readVersion(sql, name, asked ?? inForce ?? null)
  })
  if (!found)
    throw new AppError('not_found', `There is no such version of policy ${foreign(name)}; \`countersign policy list\` shows what there is.`)
  if (!context.terminal.json && inert(found.yaml) !== found.yaml)
    context.terminal.note('this policy holds characters that a terminal would obey; they are shown as \\u{…}, and exactly with --json.')
  context.terminal.say(found.yaml.replace(/\n$/, ''), found)
  return 0
}

type Text = { readonly name: string; readonly kind: PolicyDocument['kind']; readonly yaml: string; readonly message: string }

const newVersion = (context: Context, { name, kind, yaml, message }: Text, document: PolicyDocument): NewVersion => ({
  name,
  kind,
  digest: policyDigest(document, sha256),
  document: documentText(document),
  yamlSha256: Buffer.from(sha256(new TextEncoder().encode(yaml))).toString('hex'),
  author: context.localPrincipal,
  message,
  yaml,
})

/** What this machine publishes with, and what it remembers of what was in force. */
const publisherOf = async (context: Context, { writer, keys }: Desk): Promise<ReleaseDesk> => {
  const epochs = openEpochs(context.dataDir, keys.trust.log)
  return { writer, publisher: { trust: keys.trust, ...(await keys.publisher()), epochs } }
}

/** Before there is an admin whoever runs this machine publishes; that there is none yet is asked where it counts. */
const founding = async (
  context: Context,
  desk: Desk,
  work: (tx: Sql, publisher: Publisher) => Promise<Publication>,
): Promise<Publication> => {
  const { publisher } = await publisherOf(context, desk)
  const done = await desk.writer.commit(async (tx) => {
    await refuseOnceFounded(tx)
    const result = await work(tx, { ...publisher, actor: desk.founder })
    return { entries: [result.entry], result }
  })
  publisher.epochs.remember(done.epoch)
  return done
}

const messageFrom = ({ values }: Context): string => (typeof values.message === 'string' ? values.message : '')

const sayPublished = ({ terminal }: Context, { name, version, digest, epoch }: Publication): void => {
  const text = `Policy ${foreign(name)} version ${version} is in force (epoch ${epoch}, ${digest.slice(0, 16)}).`
  terminal.say(text, { policy: name, version, digest, epoch })
}

const nameFrom = ({ values }: Context, otherwise: string): string => {
  const name = typeof values.policy === 'string' ? values.policy : otherwise
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return name
  throw new AppError('invalid', 'A policy’s name is lower-case letters, digits, dots, dashes and underscores, at most 63.')
}

const positive = (value: string | boolean | undefined, because: string): number => {
  const number = typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null
  if (number === null) throw new AppError('invalid', because)
  return number
}
