import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PinnedWitness, Trust } from '../../core/audit/certificate'
import { parseCheckpoint } from '../../core/audit/checkpoint'
import { withRotations } from '../../core/audit/log-keys'
import { openNote } from '../../core/audit/note'
import type { Report, VerifyOptions } from '../../core/audit/verify'
import type { KeptNote } from '../../core/audit/verify-views'
import { outsideWitnesses } from '../../core/audit/witnesses'
import { AppError } from '../../core/errors'
import { fromHex } from '../../core/hash'
import { type CheckpointMemory, openCheckpointMemory } from '../../db/checkpoint-memory'
import type { Sql } from '../../db/connect'
import { readTrust } from '../../db/keys'
import { listRotations } from '../../db/log-rotations'
import { openMemory } from '../../db/seal-memory'
import { copiesOf } from '../../db/sink-copies'
import { readNewestStamp } from '../../db/sink-stamps'
import { readSinks, type Sink } from '../../db/sinks'
import { readNoteAt } from '../../db/verify-sealed-source'
import { type Network, systemLookup } from '../../db/web-reach'
import { latestOfWitness } from '../../db/witness-client'
import type { Context } from './context'

const LIMIT_CHARACTERS = 1_000_000

/** How long a witness or a sink may take: whoever has none at hand still gets a verdict. */
const WITNESS_MS = 5_000

/** What is known of the log outside its database: by the witnesses, by this machine, its keys among that, and by the notes in files that were named. */
export async function readKept(context: Context, sql: Sql): Promise<Pick<VerifyOptions, 'trust' | 'kept' | 'remembered' | 'since'>> {
  const { dataDir, values } = context
  const pinned = await readTrust(dataDir)
  const memory = openCheckpointMemory(dataDir, pinned, () => listRotations(sql))
  const trust = withRotations(pinned, await memory.rotations())
  const since = await readNote(values.since)
  const kept = await readNote(values.checkpoint)
  const witnessed = await Promise.all(outsideWitnesses(trust).map((witness) => askedOf(witness, trust, context)))
  const copied = await Promise.all((await readSinks(dataDir)).map((sink) => newestOf(sink, trust, context)))
  return {
    trust,
    remembered: [...(await sealedHere(dataDir)), ...(await seenHere(memory))],
    kept: [...witnessed, ...copied, kept].flatMap((note) => note ?? []),
    ...(since ? { since } : {}),
  }
}

/** What its sealer wrote down. */
async function sealedHere(dataDir: string) {
  const last = existsSync(join(dataDir, 'log')) ? await (await openMemory(dataDir)).last() : null
  const root = last ? fromHex(last.root) : null
  return last && root ? [{ from: 'The sealer of this machine', size: last.size, root }] : []
}

/** What its gateways accepted last. */
async function seenHere(memory: CheckpointMemory) {
  const note = await memory.last()
  const opened = note === null ? null : openNote(note)
  const checkpoint = opened && !('problem' in opened) ? parseCheckpoint(opened.text) : null
  return checkpoint && !('problem' in checkpoint)
    ? [{ from: 'A gateway of this machine', size: checkpoint.size, root: checkpoint.root }]
    : []
}

/** Null where it signed nothing yet or can't be asked, which is said: then what it signed counts only as far as the database shows it. */
export async function askedOf(witness: PinnedWitness, trust: Trust, { terminal }: Context): Promise<KeptNote | null> {
  try {
    const note = await latestOfWitness(witness, trust, WITNESS_MS)
    return note === null ? null : { from: `Witness ${witness.name}`, note }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    terminal.note(`${error.message} What it signed counts only as far as the database shows it.`)
    return null
  }
}

/** What a sink has as its newest; null where it has nothing yet or can't be asked, which is said. */
async function newestOf(sink: Sink, trust: Trust, { dataDir, terminal }: Context): Promise<KeptNote | null> {
  const network: Network = { reach: 'private', lookup: systemLookup, limitMs: WITNESS_MS }
  const copies = copiesOf(sink, trust.log, dataDir, network)
  const stamp =
    'timestamp' in sink ? await saying(terminal, 'It counts as no stamp.', () => readNewestStamp(sink, trust.log, dataDir)) : null
  if (stamp && 'timestamp' in sink) return { from: `The ${copies.name}`, note: stamp.note, stamped: { by: sink.timestamp, at: stamp.at } }
  const note = await saying(terminal, `The ${copies.name}: not compared with this log.`, copies.newest)
  return note === null ? null : { from: `The ${copies.name}`, note }
}

/** What is foreseen to fail is said, with what follows from it. */
async function saying<T>(terminal: Context['terminal'], what: string, work: () => Promise<T | null>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    const isForeseen = error instanceof AppError || (error instanceof Error && 'code' in error)
    if (!isForeseen) throw error
    terminal.note(`${error instanceof AppError ? error.message : `It can’t be read (${String(error.code)}).`} ${what}`)
    return null
  }
}

async function readNote(path: string | boolean | undefined) {
  if (typeof path !== 'string') return null
  const note = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid', `The checkpoint in ${path} can’t be read.`, { cause })
  })
  if (note.length > LIMIT_CHARACTERS) throw new AppError('invalid', `${path} is no checkpoint: it is too long for one.`)
  return { from: path, note }
}

/** With `--save`: the newest checkpoint and its cosignatures, for the next `--since` and for whoever keeps it elsewhere. Only of an intact log. */
export async function keepNewest({ values }: Context, sql: Sql, { verdict, sealed }: Report): Promise<void> {
  if (typeof values.save !== 'string' || verdict !== 'intact' || !sealed) return
  const note = await readNoteAt(sql, sealed.size)
  if (note) await writeFile(values.save, note)
}
