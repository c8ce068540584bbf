import type { EdgeTile, Ends, LogMoment, LogPages } from './log-moment'
import type { LogSource } from './log-source'
import { type MemoryLog, sourceOf } from './testing-log'

/** For tests: the ends of a log as they are now. */
export async function momentOf(log: MemoryLog): Promise<LogMoment> {
  const source = sourceOf(log)
  const sealed = await source.sealed()
  const ends = [...log.writers].flatMap(([writer, { rows }]): Ends[] => {
    const seqs = rows.map(({ seq }) => seq)
    return seqs.length === 0 ? [] : [{ writer, first: Math.min(...seqs), last: Math.max(...seqs) }]
  })
  return {
    heads: await source.heads(),
    headless: await source.headless(),
    ends,
    detached: await source.detached(),
    sealed: sealed && {
      runsTo: Math.max(-1, ...(log.seal?.runs ?? []).map(({ first }) => first)),
      edge: edgeOf(log),
      newest: await sealed.newestCheckpoint(),
      marks: await sealed.marks(),
      rotations: await sealed.rotations(),
    },
  }
}

function edgeOf({ seal }: MemoryLog): readonly EdgeTile[] {
  const edge = new Map<number, EdgeTile>()
  for (const [key, hashes] of seal?.tiles ?? []) {
    const [level = 0, n = 0] = key.split('/').map(Number)
    if ((edge.get(level)?.n ?? -1) < n) edge.set(level, { level, n, bytes: hashes.length })
  }
  return [...edge.values()]
}

/** For tests: the log as it is whenever it is asked, in pages of one or a few. */
export function pagesOf(log: MemoryLog, size: number): LogPages {
  const now = (): LogSource => sourceOf(log, size)
  const sealed = async () => {
    const found = await now().sealed()
    if (!found) throw new Error('nothing is sealed')
    return found
  }
  const first = async <T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> => {
    for await (const page of pages) return page
    return []
  }
  return {
    // A page ends between two numbers, never between two rows of one.
    rows: async (writer, after, to) => {
      const rows = (await (await sealed()).rowsOf([{ writer, from: after + 1, to }])).map(({ writer: _, ...row }) => row)
      const end = rows[size - 1]?.seq ?? to
      return rows.filter(({ seq }) => seq <= end)
    },
    rowsOf: async (stretches) => (await sealed()).rowsOf(stretches),
    packed: async (stretches, take) => (await sealed()).packed?.(stretches, take),
    runs: async (from) => first((await sealed()).runs(from)),
    tiles: async (level, n) => first((await sealed()).tiles(level, n)),
    checkpoints: async (from) => first((await sealed()).checkpoints(from)),
    cosignatures: async () => (await sealed()).cosignatures(),
    marksAt: async (from) => (await sealed()).marksAt(from),
    placeOf: async (writer, seq) => (await sealed()).placeOf(writer, seq),
    policies: () => now().policies(),
  }
}
