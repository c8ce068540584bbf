import { headOf, later, type Mutation, signAnew, spotIn, withText } from './testing-damage'
import { cosigned, type MemoryWriter, relink, Sealer, timeAt } from './testing-log'

const tileTurned: Mutation = ({ seal }, dice) => {
  if (!seal) return null
  const size = seal.checkpoints.at(-1)?.size ?? 0
  const index = dice.roll(size)
  const tile = seal.tiles.get(`0/${Math.floor(index / 256)}`)
  const run = seal.runs.findLast(({ first }) => first <= index)
  if (!tile || !run) return null
  const byte = (index % 256) * 32 + dice.roll(32)
  tile[byte] = (tile[byte] ?? 0) ^ (1 + dice.roll(255))
  const seq = run.seq + index - run.first
  return { writer: run.writer, seq: [seq, seq], kinds: ['edited'] }
}

const runDropped: Mutation = ({ seal }, dice) => {
  if (!seal) return null
  const at = dice.roll(seal.runs.length)
  const [run] = seal.runs.splice(at, 1)
  return run ? { writer: null, seq: [0, 0], index: [run.first, run.first], kinds: ['bad run'] } : null
}

const checkpointReplaced: Mutation = ({ seal }, dice) => {
  if (!seal) return null
  const at = dice.roll(seal.checkpoints.length)
  const checkpoint = seal.checkpoints[at]
  if (!checkpoint) return null
  const root = Uint8Array.from(checkpoint.root)
  root[0] = (root[0] ?? 0) ^ 1
  const note = dice.chance(50) ? checkpoint.note.replace('\n—', '\nextended\n\n—').replace('\n\nextended', '\nextended') : checkpoint.note
  seal.checkpoints[at] = note === checkpoint.note ? { ...checkpoint, root } : { ...checkpoint, note: note.replace('extended', 'x') }
  const before = seal.checkpoints[at - 1]?.size ?? 0
  return { writer: null, seq: [0, 0], index: [before, checkpoint.size], kinds: ['bad checkpoint'], deep: true, isBeyondQuick: true }
}

const writerGone: Mutation = (log, dice) => {
  const spot = spotIn(log, dice)
  if (!spot || !log.seal?.marks.has(spot.id)) return null
  log.writers.delete(spot.id)
  return { writer: spot.id, seq: [0, 1], kinds: ['deleted', 'truncated'] }
}

/** The log as it was at an earlier checkpoint, and nothing in it that says so: whoever kept a later one knows. */
const setBack: Mutation = (log, dice) => {
  const newest = log.seal?.checkpoints.at(-1)
  if (!log.seal || !newest || log.seal.checkpoints.length < 2) return null
  const checkpoints = log.seal.checkpoints.slice(0, 1 + dice.roll(log.seal.checkpoints.length - 1))
  const size = checkpoints.at(-1)?.size ?? 0
  const runs = log.seal.runs.filter(({ first }) => first < size)
  const marks = new Map(runs.map(({ writer, seq, count }) => [writer, seq + count - 1]))
  const sealer = new Sealer()
  for (const { writer, seq, count } of runs)
    sealer.round([{ id: writer, rows: log.writers.get(writer)?.rows ?? [], to: seq + count - 1 }], timeAt(5))
  log.seal = { runs, tiles: sealer.end()?.tiles ?? new Map(), checkpoints, marks, rotations: log.seal.rotations }
  cutTo(marks, log.writers)
  const kept = [{ from: 'The file', note: dice.chance(50) ? newest.note : cosigned(newest) }]
  return { writer: null, seq: [0, 0], index: [size, size], kinds: ['truncated'], kept }
}

function cutTo(marks: ReadonlyMap<string, number>, writers: Map<string, MemoryWriter>): void {
  for (const [id, writer] of writers) {
    const rows = writer.rows.slice(0, marks.get(id) ?? 0)
    if (rows.length === 0) writers.delete(id)
    else if (rows.length < writer.rows.length) writers.set(id, openAgain({ ...writer, rows }))
  }
}

const openAgain = (writer: MemoryWriter): MemoryWriter => ({
  rows: writer.rows,
  head: { ...writer.head, headSeq: writer.rows.length, headHash: headOf(writer), closedBy: null, lock: 'held' },
})

/** Every key stolen: an entry changed, all that follows signed anew, and sealed anew. Whoever kept a checkpoint knows another log. */
const forked: Mutation = (log, dice) => {
  const { seal, writers } = log
  const spot = spotIn(log, dice)
  const newest = seal?.checkpoints.at(-1)
  if (!seal || !newest || !spot?.isSealed) return null
  const index = seal.runs.flatMap(({ first, writer, seq, count }) =>
    writer === spot.id && seq <= spot.at + 1 && spot.at + 1 < seq + count ? [first + spot.at + 1 - seq] : [],
  )[0]
  withText(spot.writer, spot.at, later)
  relink(spot.writer, spot.at + 1)
  signAnew(spot.id, spot.writer)
  const sealer = new Sealer()
  let done = 0
  for (const { size, at } of seal.checkpoints) {
    const parts = seal.runs.filter(({ first }) => first >= done && first < size)
    sealer.round(
      parts.map(({ writer, seq, count }) => ({ id: writer, rows: writers.get(writer)?.rows ?? [], to: seq + count - 1 })),
      at,
    )
    done = size
  }
  const kept = seal.checkpoints.map((checkpoint) => ({ from: `The note of ${checkpoint.size}`, note: cosigned(checkpoint) }))
  const confirmed = seal.checkpoints.findLast(({ size }) => size <= (index ?? 0))?.size ?? 0
  log.seal = sealer.end()
  return { writer: null, seq: [0, 0], index: [confirmed, confirmed], kinds: ['fork'], kept }
}

/** What can be done to what the sealer left, and what only that can tell. */
export const SEALED_MUTATIONS: Readonly<Record<string, Mutation>> = {
  tileTurned,
  runDropped,
  checkpointReplaced,
  writerGone,
  setBack,
  forked,
}
