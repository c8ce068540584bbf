import type { Trust } from '../core/audit/certificate'
import { type Checkpoint, type LogKey, openCheckpoint, signCheckpoint } from '../core/audit/checkpoint'
import { AppError } from '../core/errors'
import { type Sign, toHex } from '../core/hash'
import type { Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { type CheckedRun, RunCheck, type WriterKeys } from './seal-chain'
import type { SealMemory } from './seal-memory'
import { readOpening, readSpans, type Span } from './seal-rows'
import type { Moved } from './seal-source'
import { growTree, type SealedTree } from './seal-tree'

/** What a round works with. `fence` is the number under which this sealer took over. */
export type RoundDesk = {
  readonly sql: Sql
  readonly fence: number
  readonly trust: Trust
  readonly key: LogKey
  readonly sign: Sign
  readonly memory: SealMemory
  readonly keys: WriterKeys
}

/** What it takes to read and check. */
export type ReadingDesk = Pick<RoundDesk, 'sql' | 'trust' | 'keys'>

/** Entries one round may seal, and how long it may read for: what is left is the next round's. */
export type RoundLimits = { readonly entries: number; readonly readMs: number }

/** Somebody else seals now: what this sealer was about to commit is nothing. */
export class Fenced extends Error {}

const FEWEST_OF_A_WRITER = 512
const KEYS_LIMIT = 10_000

/**
 * Reads what came after each mark and checks it. A long run ends at the end of a batch, whatever the limits say. The runs come in the
 * order in which they were asked for.
 */
export async function gatherRuns(desk: ReadingDesk, moved: readonly Moved[], limits: RoundLimits): Promise<readonly CheckedRun[]> {
  const quota = Math.max(FEWEST_OF_A_WRITER, Math.ceil(limits.entries / Math.max(1, moved.length)))
  const giveUp = performance.now() + limits.readMs
  const checks = new Map<string, RunCheck>()
  for (const { writer, mark } of moved) checks.set(writer, await checkFor(desk, writer, mark))
  let spans = moved.map(({ writer, head, mark }): Span => ({ writer, after: mark.seq, upto: Math.min(head, mark.seq + quota) }))
  const heads = new Map(moved.map(({ writer, head }) => [writer, head]))
  while (spans.length > 0 && (await readInto(desk, spans, checks, giveUp))) {
    for (const { writer, upto } of spans) checks.get(writer)?.finish(upto, upto === heads.get(writer))
    spans = spans.flatMap(({ writer, upto }): Span[] => {
      const [check, head = 0] = [checks.get(writer), heads.get(writer)]
      // A batch longer than a round: it is read to its end.
      return check?.count === 0 && !check.fault && upto < head ? [{ writer, after: upto, upto: Math.min(head, upto + quota) }] : []
    })
  }
  return [...checks.values()]
}

async function checkFor({ sql, trust, keys }: ReadingDesk, writer: string, mark: Moved['mark']): Promise<RunCheck> {
  if (keys.size >= KEYS_LIMIT) keys.clear()
  const check = new RunCheck(writer, mark, trust, keys)
  if (mark.seq > 0 && !keys.has(writer)) check.reopen(await readOpening(sql, writer))
  return check
}

/** Answers whether all of it was read: when the time is up, what was checked so far is a round. */
async function readInto({ sql }: ReadingDesk, spans: readonly Span[], checks: ReadonlyMap<string, RunCheck>, giveUp: number) {
  let isLate = false
  const stop = (): boolean => {
    isLate = performance.now() > giveUp && [...checks.values()].some(({ count }) => count > 0)
    return isLate
  }
  for await (const rows of readSpans(sql, spans, stop)) for (const row of rows) checks.get(row.writer)?.step(row)
  return !isLate
}

/**
 * Seals what was checked, in one transaction: places, tiles, marks and the signed checkpoint. Nothing is signed before the database has
 * said that nobody took over, and nobody can until this is over. Before it, `pending` remembers the round, so that whoever dies here
 * repeats it and never signs two roots of one size; after it, `last`. Throws Fenced when somebody took over; after anything else that it
 * throws, what became of the round is not known, and the connection must be given up.
 */
export async function sealRuns(desk: RoundDesk, tree: SealedTree, checks: readonly CheckedRun[]): Promise<SealedRound> {
  const { sql, memory } = desk
  const grown = growTree(tree, Buffer.concat(checks.map(({ hashes }) => hashes)))
  const runs = checks.map(({ writer, mark, count }) => ({ writer, seq: mark.seq + 1, count }))
  const root = toHex(grown.root)
  // Two statements, one way there and back: on a busy machine each way is most of what they take.
  const [, [mine]] = await Promise.all([
    sql.unsafe('begin'),
    sql<{ held: boolean }[]>`select countersign.hold_seal(${desk.fence}::bigint, ${tree.size}::bigint) as held`,
  ])
  if (!mine?.held) throw new Fenced('the log is sealed by somebody else now')
  await memory.keepPending({ from: tree.size, size: grown.size, root, runs })
  const note = signed(desk, { origin: desk.key.name, size: grown.size, root: grown.root })
  const [, { command }] = await Promise.all([
    sql`select countersign.seal_round(
    ${desk.fence}::bigint, ${tree.size}::bigint, ${grown.size}::bigint, ${root}, ${note},
    ${lines(runs, ({ writer }) => writer)}, ${lines(runs, ({ seq }) => seq)}, ${lines(runs, ({ count }) => count)},
    ${lines(checks, ({ end }) => end.hash)}, ${lines(grown.tiles, ({ level }) => level)}, ${lines(grown.tiles, ({ n }) => n)},
    ${lines(grown.tiles, ({ hashes }) => hexOf(hashes))})`,
    sql.unsafe('commit'),
  ])
  if (command !== 'COMMIT') throw new AppError('unavailable', `The database answered COMMIT with ${command}.`)
  await memory.keepLast({ size: grown.size, root })
  return { tree: { size: grown.size, root: grown.root, edge: grown.edge }, note, entries: grown.size - tree.size }
}

/** A round that was committed. */
export type SealedRound = { readonly tree: SealedTree; readonly note: string; readonly entries: number }

/** What a key, or a command that stands for one, made of it is read once more by the key that everybody has pinned. */
function signed({ key, sign }: RoundDesk, checkpoint: Checkpoint): string {
  const note = signCheckpoint(checkpoint, key, sign, sha256)
  if ('problem' in openCheckpoint(note, key, verifyEd25519, sha256))
    throw new AppError('forbidden', 'What signs the checkpoints of this log is not the key that trust.json leads to: nothing is sealed.')
  return note
}

const lines = <T>(items: readonly T[], text: (item: T) => string | number): string => items.map(text).join('\n')

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
