import { type DetachedClaim, lengthOfAll } from './detached'
import type { LogSource, Mark, PlacedRow, Run, SealedLog, StoredCheckpoint, StoredCosignature, Stretch, WriterHead } from './log-source'
import type { TakeTexts } from './quick-texts'
import type { ChainRow } from './verify-chain'

/** Where a writer's rows begin and end: `first` is 1 in a log that nobody changed. */
export type Ends = { readonly writer: string; readonly first: number; readonly last: number }

/** The last tile of a level, and how long it is. */
export type EdgeTile = { readonly level: number; readonly n: number; readonly bytes: number }

/**
 * The ends of a log as one look at it saw them. What lies before them is only ever appended to, so whoever reads it page by page afterwards,
 * and nothing beyond these ends, reads the log of that moment.
 */
export type LogMoment = {
  readonly heads: readonly WriterHead[]
  readonly headless: readonly string[]
  readonly ends: readonly Ends[]
  /** What is said to be detached. */
  readonly detached: readonly DetachedClaim[]
  /** Null where nothing is sealed. */
  readonly sealed: {
    readonly runsTo: number
    readonly edge: readonly EdgeTile[]
    readonly newest: StoredCheckpoint | null
    readonly marks: readonly Mark[]
    readonly rotations: readonly string[]
  } | null
}

/** Pages of a log, each as large as whoever gives it likes; an empty one is the end. */
export type LogPages = {
  /** A writer's rows after `after`, up to `to`. */
  rows(writer: string, after: number, to: number): Promise<readonly ChainRow[]>
  rowsOf(stretches: readonly Stretch[]): Promise<readonly PlacedRow[]>
  /** The same as bare texts, for as long as the promise is pending. */
  packed(stretches: readonly Stretch[], take: TakeTexts): Promise<void>
  runs(from: number): Promise<readonly Run[]>
  tiles(level: number, n: number): Promise<readonly { readonly n: number; readonly hashes: Uint8Array }[]>
  checkpoints(size: number): Promise<readonly StoredCheckpoint[]>
  cosignatures(): Promise<readonly StoredCosignature[]>
  marksAt(size: number): Promise<readonly Mark[]>
  placeOf(writer: string, seq: number): Promise<number | null>
  policies(): Promise<ReadonlyMap<string, string | null>>
}

/** How many entries there are to read. */
export const entriesIn = ({ ends, detached }: LogMoment): number =>
  ends.reduce((sum, { first, last }) => sum + Math.max(0, last - Math.min(first, 1) + 1), 0) -
  detached.reduce((sum, { stretches }) => sum + lengthOfAll(stretches), 0)

/** The log of a moment, read page by page. */
export function sourceAt(moment: LogMoment, pages: LogPages): LogSource {
  const ends = new Map(moment.ends.map((end) => [end.writer, end]))
  return {
    heads: async () => moment.heads,
    headless: async () => moment.headless,
    rowsAfter: (writer, seq) => rowsAfter(pages, ends.get(writer), seq),
    sealed: async () => moment.sealed && sealedAt(moment.sealed, pages),
    detached: async () => moment.detached,
    policies: () => pages.policies(),
    close: async () => undefined,
  }
}

async function* rowsAfter(pages: LogPages, ends: Ends | undefined, seq: number): AsyncGenerator<readonly ChainRow[]> {
  if (!ends) return
  if (ends.first < 1) yield* rowsBetween(pages, ends.writer, ends.first - 1, 0)
  yield* rowsBetween(pages, ends.writer, Math.max(seq, 0), ends.last)
}

async function* rowsBetween(pages: LogPages, writer: string, after: number, to: number): AsyncGenerator<readonly ChainRow[]> {
  for (let last = after; last < to; ) {
    const rows = await pages.rows(writer, last, to)
    const end = rows.at(-1)?.seq
    if (end === undefined) return
    // A page that leads nowhere would be asked for for ever.
    if (end <= last) throw new Error('the console answered with rows that were not asked for')
    yield rows
    last = end
  }
}

async function* pagesFrom<T>(
  start: number,
  page: (from: number) => Promise<readonly T[]>,
  after: (item: T) => number,
  isWithin: (item: T) => boolean,
): AsyncGenerator<readonly T[]> {
  for (let from = start; ; ) {
    const items = await page(from)
    const last = items.at(-1)
    if (last === undefined) return
    const within = items.filter(isWithin)
    if (within.length > 0) yield within
    const next = after(last)
    if (within.length < items.length || next <= from) return
    from = next
  }
}

function sealedAt({ runsTo, edge, newest, marks, rotations }: NonNullable<LogMoment['sealed']>, pages: LogPages): SealedLog {
  const limits = new Map(edge.map((tile) => [tile.level, tile]))
  const newestSize = newest?.size ?? 0
  const tiles: SealedLog['tiles'] = async function* (level, n) {
    const limit = limits.get(level)
    if (!limit) return
    const found = pagesFrom(
      n,
      (from) => pages.tiles(level, from),
      (tile) => tile.n + 1,
      (tile) => tile.n <= limit.n,
    )
    for await (const page of found) yield page.map((tile) => asItWas(tile, limit))
  }
  return {
    runs: (from) =>
      pagesFrom(
        from,
        (next) => pages.runs(next),
        ({ first }) => first + 1,
        ({ first }) => first <= runsTo,
      ),
    rowsOf: (stretches) => pages.rowsOf(stretches),
    packed: (stretches, take) => pages.packed(stretches, take),
    tiles,
    tile: async (level, n) => {
      for await (const [tile] of tiles(level, n)) return tile?.n === n ? tile.hashes : null
      return null
    },
    checkpoints: (size) =>
      pagesFrom(
        size,
        (next) => pages.checkpoints(next),
        (checkpoint) => checkpoint.size,
        (checkpoint) => checkpoint.size <= newestSize,
      ),
    newestCheckpoint: async () => newest,
    rotations: async () => rotations,
    cosignatures: async () => (await pages.cosignatures()).filter(({ size }) => size <= newestSize),
    marksAt: (size) => pages.marksAt(size),
    marks: async () => marks,
    placeOf: (writer, seq) => pages.placeOf(writer, seq),
  }
}

/** The last tile of a level has grown since. */
const asItWas = ({ n, hashes }: { readonly n: number; readonly hashes: Uint8Array }, limit: EdgeTile) => ({
  n,
  hashes: n === limit.n ? hashes.subarray(0, limit.bytes) : hashes,
})
