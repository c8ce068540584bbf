import type { Trust } from '../../core/audit/certificate'
import type { LogMoment, LogPages } from '../../core/audit/log-moment'
import type { Mark, PlacedRow, Run, StoredCosignature, Stretch } from '../../core/audit/log-source'
import {
  unpackTiles,
  unwireCheckpoint,
  unwireMoment,
  unwireRow,
  type WiredCheckpoint,
  type WiredMoment,
  type WiredRow,
} from '../../core/audit/log-wire'
import { PackedPieces, stretchesAfter } from '../../core/audit/packed-texts'
import type { TakeTexts } from '../../core/audit/quick-texts'
import type { ChainRow } from '../../core/audit/verify-chain'

/** The console would not or could not answer: what that means for the log, nobody knows. */
export class LogUnanswered extends Error {}

const ADDRESS = '/integrity/log'
/** What is asked for at once: stretches, and entries in them. */
const STRETCHES = 512
const TOGETHER = 2_048

async function answered(asked: Promise<Response>): Promise<Response> {
  // Whatever kept it from answering, in words or not: the caller says that it could not tell.
  const answer = await asked.catch(() => null)
  if (answer?.ok) return answer
  const said = await answer?.json().catch(() => null)
  throw new LogUnanswered(typeof said?.because === 'string' ? said.because : 'The console does not answer.')
}

/** Where the log ends now, and the keys that this console pins. Throws LogUnanswered. */
export async function askMoment(): Promise<{ readonly trust: Trust; readonly moment: LogMoment }> {
  const { trust, moment } = (await (await answered(fetch(ADDRESS))).json()) as { readonly trust: Trust; readonly moment: WiredMoment }
  return { trust, moment: unwireMoment(moment) }
}

type Question = { readonly ask: keyof LogPages; readonly [name: string]: unknown }

const post = (question: Question): Promise<Response> =>
  answered(fetch(ADDRESS, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(question) }))

/** How much of an answer is read at once. */
const PIECE_BYTES = 2 ** 17

/** Piece by piece, each good until the next is asked for; null at the end. */
function piecesOf(body: ReadableStream<Uint8Array>): () => Promise<Uint8Array<ArrayBuffer> | null> {
  let reader: ReadableStreamBYOBReader
  try {
    reader = body.getReader({ mode: 'byob' })
  } catch {
    // Not every browser reads to where it is told: a new place for each piece, which is garbage afterwards.
    const plain = body.getReader()
    return async () => ((await plain.read()).value as Uint8Array<ArrayBuffer> | undefined) ?? null
  }
  let place = new ArrayBuffer(PIECE_BYTES)
  return async () => {
    const { value } = await reader.read(new Uint8Array(place))
    place = value?.buffer ?? place
    return value && value.length > 0 ? value : null
  }
}

/** Hands over the texts of an answer while it comes, put together at one of some places. Answers how many. Throws LogUnanswered where it breaks off. */
async function eachText({ body }: Response, take: TakeTexts, places: Uint8Array<ArrayBuffer>[]): Promise<number> {
  const pieces = new PackedPieces(take, places.pop())
  const next = body ? piecesOf(body) : async () => null
  for (;;) {
    const piece = await next().catch(() => {
      throw new LogUnanswered('The console does not answer.')
    })
    if (!piece) break
    pieces.take(piece)
  }
  places.push(pieces.place)
  return pieces.count
}

/** The log by this console, page by page; `passed` is told how many rows came. Each throws LogUnanswered. */
export function askPages(passed: (rows: number) => void): LogPages {
  const ask = async <T>(question: Question): Promise<T> => (await (await post(question)).json()) as T
  const counted = <Row>(rows: readonly Row[]): readonly Row[] => {
    passed(rows.length)
    return rows
  }
  const rows = async (writer: string, after: number, to: number): Promise<readonly ChainRow[]> =>
    (await ask<readonly WiredRow[]>({ ask: 'rows', writer, after, to })).map(unwireRow)
  const together = async (stretches: readonly Stretch[]): Promise<readonly PlacedRow[]> =>
    (await ask<readonly WiredRow<PlacedRow>[]>({ ask: 'rowsOf', stretches })).map(unwireRow)
  const rowsOf = async (stretches: readonly Stretch[]): Promise<readonly PlacedRow[]> => {
    const found: PlacedRow[] = []
    for (const some of inGroups(stretches)) {
      const [long] = some
      for await (const page of long && lengthOf(long) > TOGETHER ? pagesOf(long, rows) : [together(some)]) found.push(...page)
    }
    return counted(found)
  }
  // Where texts were put together before: a new place for each answer would fill the memory.
  const places: Uint8Array<ArrayBuffer>[] = []
  const packed = async (stretches: readonly Stretch[], take: TakeTexts): Promise<void> => {
    for (let left = stretches; left.length > 0; ) {
      const some = left.slice(0, STRETCHES).map(({ writer, from, to }) => ({ writer, from, to }))
      const count = await eachText(await post({ ask: 'packed', stretches: some }), take, places)
      // Whatever is missing is noticed by whoever asked.
      if (count === 0) return
      passed(count)
      left = stretchesAfter(left, count)
    }
  }
  return {
    rowsOf,
    packed,
    rows: async (writer, after, to) => counted(await rows(writer, after, to)),
    runs: (from) => ask<readonly Run[]>({ ask: 'runs', from }),
    tiles: async (level, n) => unpackTiles(new Uint8Array(await (await post({ ask: 'tiles', level, n })).arrayBuffer())),
    checkpoints: async (size) => (await ask<readonly WiredCheckpoint[]>({ ask: 'checkpoints', size })).map(unwireCheckpoint),
    cosignatures: () => ask<readonly StoredCosignature[]>({ ask: 'cosignatures' }),
    marksAt: (size) => ask<readonly Mark[]>({ ask: 'marksAt', size }),
    placeOf: (writer, seq) => ask<number | null>({ ask: 'placeOf', writer, seq }),
    policies: async () => new Map(await ask<readonly (readonly [string, string | null])[]>({ ask: 'policies' })),
  }
}

const lengthOf = ({ from, to }: Stretch): number => Math.max(0, to - from + 1)

/** Stretches that are asked for together; one that is too long for that by itself. Only a log whose numbers were bent has such a one. */
export function inGroups(stretches: readonly Stretch[]): readonly (readonly Stretch[])[] {
  const groups: Stretch[][] = []
  let room = 0
  for (const { writer, from, to } of stretches) {
    const [length, last] = [lengthOf({ writer, from, to }), groups.at(-1)]
    if (last && length <= room && last.length < STRETCHES) last.push({ writer, from, to })
    else {
      groups.push([{ writer, from, to }])
      room = TOGETHER
    }
    room -= length
  }
  return groups
}

type Rows = (writer: string, after: number, to: number) => Promise<readonly ChainRow[]>

/** As many as there are, however many numbers the stretch has. */
async function* pagesOf({ writer, from, to }: Stretch, rows: Rows): AsyncGenerator<readonly PlacedRow[]> {
  for (let after = from - 1; after < to; ) {
    const page = await rows(writer, after, to)
    const last = page.at(-1)?.seq
    if (last === undefined) return
    if (last <= after) throw new LogUnanswered('The console answered with rows that were not asked for.')
    yield page.map((row) => ({ ...row, writer }))
    after = last
  }
}
