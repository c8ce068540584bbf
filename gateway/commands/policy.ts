import { AppError } from '../../core/errors'
import { documentText, policyDigest } from '../../core/policy/digest'
import { sha256 } from '../../db/crypto'
import { openEpochs } from '../../db/epochs'
import { listVersions, type NewVersion, readVersion } from '../../db/policies'
import { listPublications } from '../../db/publications'
import { type Publication, type Publisher, publishAgain, publishText } from '../../db/publishing'
import { foreign, inert } from '../terminal'
import { examine, sayProblem } from './check'
import type { Command, Context } from './context'
import { type Desk, reading, writing } from './session'

/** Checks, signs and publishes; a policy with an error or a red test stays where it is. */
export const publish: Command = async (context) => {
  const [path = ''] = context.words
  const { text, loaded, problems, results } = examine(path)
  for (const { file, problem } of problems) sayProblem({ ...context.terminal, say: (line) => context.terminal.note(line) }, file, problem)
  const red = results.filter(({ passed }) => !passed).length
  if (!loaded.document || problems.length > 0) throw new AppError('invalid', `${foreign(path)} has errors and was not published.`)
  if (red > 0)
    throw new AppError('invalid', `${red} of the tests of ${foreign(path)} fail; \`countersign check ${foreign(path)}\` says which.`)
  const name = nameFrom(context, loaded.document.kind === 'guardrail' ? 'guardrail' : 'default')
  const digest = policyDigest(loaded.document, sha256)
  const yamlSha256 = Buffer.from(sha256(new TextEncoder().encode(text))).toString('hex')
  const read = { kind: loaded.document.kind, digest, document: documentText(loaded.document) }
  const added: NewVersion = { name, ...read, yamlSha256, author: context.localPrincipal, message: '', yaml: text }
  const done = await published(context, (tx, publisher) => publishText(tx, publisher, added, Date.now()))
  sayPublished(context, done)
  return 0
}

/** Puts an earlier version in force: a new publication, signed now, of the text as it was. */
export const rollback: Command = async (context) => {
  const version = positive(context.values.to, '--to takes the number of a version; `countersign policy list` shows them.')
  const name = nameFrom(context, 'default')
  const done = await published(context, (tx, publisher) => publishAgain(tx, publisher, name, version, Date.now()))
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

const published = (context: Context, work: (tx: Parameters<typeof publishText>[0], publisher: Publisher) => Promise<Publication>) =>
  writing(context, async ({ writer, keys, actor }: Desk) => {
    const epochs = openEpochs(context.dataDir, keys.trust.log)
    const publisher: Publisher = { trust: keys.trust, ...(await keys.publisher()), epochs, actor }
    const done = await writer.commit(async (tx) => {
      const result = await work(tx, publisher)
      return { entries: [result.entry], result }
    })
    epochs.remember(done.epoch)
    return done
  })

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
