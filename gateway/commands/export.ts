import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { EvidenceScope, Manifest } from '../../core/audit/evidence'
import { integritySentence } from '../../core/audit/evidence-report'
import { AppError } from '../../core/errors'
import { requireRight } from '../../core/roles'
import { connect, type Sql } from '../../db/connect'
import { type ExportTools, writeBundle } from '../../db/evidence-export'
import { planExport, proveEntry, recordExport } from '../../db/evidence-order'
import { loadExport, newProgress, type SavedExport } from '../../db/evidence-state'
import { openKeys } from '../../db/keys'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'
import { type Desk, writing } from './session'

const TELL_EVERY_MS = 2_000
const STOPPED = 2

/** Takes part of the log out as a file that can be verified without us. The log says so before the first byte leaves. */
export const exportEvidence: Command = async (context) => {
  const out = outFrom(context)
  if (context.values.entry !== undefined) return exportProof(context, out)
  const assets = bundledFiles()
  const asked = scopeFrom(context)
  return reading(context, async (sql) => {
    const saved = await begin(context, sql, out, asked)
    const { population } = saved.plan
    const tools: ExportTools = {
      sql,
      keys: await openKeys(context.dataDir),
      dataDir: context.dataDir,
      ...assets,
      tell: teller(context, population.end - population.first),
      stopped: context.stopped,
    }
    const manifest = await writeBundle(out, saved, tools)
    if (!manifest) {
      context.terminal.note('stopped; the same command goes on where this ended.')
      return STOPPED
    }
    say(context, out, manifest)
    return 0
  })
}

/** An export that broke off goes on as it was recorded; a new one is recorded now. */
const begin = async (context: Context, sql: Sql, out: string, asked: Omit<EvidenceScope, 'policies'>): Promise<SavedExport> =>
  writing(context, async ({ writer, person, founder }) => {
    const by = whoIs({ person, founder })
    const planned = await planExport(sql, asked, { at: new Date().toISOString(), version: context.version, by })
    const saved = await loadExport(out, planned.scope, by, context.version)
    if (saved) {
      if (person) requireRight(person, 'evidence.export')
      context.terminal.note(`going on with the export of ${saved.plan.at}.`)
      return saved
    }
    return { plan: await recordExport(writer, { person, founder }, planned), progress: newProgress(), members: [] }
  })

const whoIs = ({ person, founder }: Pick<Desk, 'person' | 'founder'>): string =>
  (person ? `${person.name} <${person.email}> (${person.id})` : founder).toWellFormed()

const exportProof = async (context: Context, out: string): Promise<number> => {
  const [, writer = '', seq = ''] = /^([0-9a-f]{32}):([1-9][0-9]{0,14})$/.exec(String(context.values.entry)) ?? []
  if (writer === '') throw new AppError('invalid', '--entry takes WRITER:NUMBER, as `countersign log --json` prints them.')
  const proof = await reading(context, (sql) =>
    writing(context, (desk) => proveEntry(sql, desk.writer, desk, { writer, seq: Number(seq) })),
  )
  await writeFile(out, proof, { mode: 0o600 })
  context.terminal.say(`${foreign(out)} shows entry ${seq} of writer ${writer}; it holds the text of the entry.`, {
    out,
    writer,
    seq: Number(seq),
  })
  return 0
}

const reading = async <T>(context: Context, work: (sql: Sql) => Promise<T>): Promise<T> => {
  const sql = connect(await existingDatabaseUrl(context, 'auditor'), { purpose: 'bulk', application: 'export' })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const teller = ({ terminal }: Context, total: number): ((done: number) => void) => {
  let toldAt = performance.now()
  return (done) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    terminal.note(`${done} of ${total} entries (${Math.floor((done * 100) / Math.max(1, total))} %) …`)
  }
}

const say = ({ terminal }: Context, out: string, manifest: Manifest): void => {
  const { entries, population, checkpoint, integrity } = manifest
  const words = `${foreign(out)}: ${entries} of ${population.end - population.first} entries under the checkpoint of ${checkpoint.size}.`
  terminal.say(`${words}\n${integritySentence(manifest)}`, {
    out,
    entries,
    population,
    checkpoint,
    found: integrity.found,
    gaps: manifest.gaps,
  })
  for (const gap of manifest.gaps) terminal.note(gap)
}

/** The page and the script that `build.mjs` lays beside the bundle; in a checkout they are in `dist`. */
const bundledFiles = (): { readonly page: string; readonly script: string } => {
  const here = import.meta.dirname
  const folder = [here, join(here, '..', '..', 'dist')].find((each) => existsSync(join(each, 'verify.html')))
  if (folder) return { page: join(folder, 'verify.html'), script: join(folder, 'verify-bundle.mjs') }
  throw new AppError('unavailable', 'verify.html is missing from this installation: run `npm run build`, or install Countersign again.')
}

const outFrom = ({ values }: Context): string => {
  if (typeof values.out !== 'string' || values.out === '') throw new AppError('invalid', '--out takes the file to write.')
  const out = resolve(values.out)
  if (existsSync(out)) throw new AppError('conflict', `${JSON.stringify(out)} is there already: evidence is not overwritten.`)
  if (!existsSync(dirname(out))) throw new AppError('invalid', `The folder of ${JSON.stringify(out)} is not there.`)
  return out
}

const OUTCOMES = ['allow', 'deny', 'escalate']

const scopeFrom = ({ values }: Context): Omit<EvidenceScope, 'policies'> => {
  const text = (name: string): string | null => (typeof values[name] === 'string' ? (values[name] as string) : null)
  const outcome = text('outcome')
  if (outcome !== null && !OUTCOMES.includes(outcome)) throw new AppError('invalid', `--outcome takes one of ${OUTCOMES.join(', ')}.`)
  const [from, to] = [timeFrom('from', text('from')), timeFrom('to', text('to'))]
  if (from !== null && to !== null && from >= to) throw new AppError('invalid', '--from comes before --to.')
  return {
    from,
    to,
    server: text('server'),
    agent: text('agent'),
    policy: text('policy'),
    outcome,
    clearText: values['clear-text'] === true,
  }
}

const timeFrom = (name: string, text: string | null): string | null => {
  if (text === null) return null
  const time = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (Number.isNaN(time.getTime()))
    throw new AppError('invalid', `--${name} takes a day (2026-01-31) or a time with its zone (2026-01-31T08:00:00Z).`)
  return time.toISOString()
}
