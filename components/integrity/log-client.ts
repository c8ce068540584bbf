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
import type { PackedRow } from '../../core/audit/quick-texts'

/** The console would not or could not answer: what that means for the log, nobody knows. */
export class LogUnanswered extends Error {}

const ADDRESS = '/integrity/log'
const STRETCHES = 512

async function answered(asked: Promise<Response>): Promise<Response> {
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

/** Hands over the texts of an answer while it comes. Answers how many. Throws LogUnanswered where it breaks off. */
async function eachText({ body }: Response, row: PackedRow): Promise<number> {
  const pieces = new PackedPieces(row)
  const reader = body?.getReader()
  for (;;) {
    const piece = await reader?.read().catch(() => {
      throw new LogUnanswered('The console does not answer.')
    })
    if (!piece || piece.done) return pieces.count
    pieces.take(piece.value)
  }
}

/** The log by this console, page by page; `passed` is told how many rows came. Each throws LogUnanswered. */
export function askPages(passed: (rows: number) => void): LogPages {
  const ask = async <T>(question: Question): Promise<T> => (await (await post(question)).json()) as T
  const counted = <Row>(rows: readonly Row[]): readonly Row[] => {
    passed(rows.length)
    return rows
  }
  const rowsOf = async (stretches: readonly Stretch[]): Promise<readonly PlacedRow[]> => {
    const rows: PlacedRow[] = []
    for (let at = 0; at < stretches.length; at += STRETCHES) {
      const some = stretches.slice(at, at + STRETCHES).map(({ writer, from, to }) => ({ writer, from, to }))
      for (const row of await ask<readonly WiredRow<PlacedRow>[]>({ ask: 'rowsOf', stretches: some })) rows.push(unwireRow(row))
    }
    return counted(rows)
  }
  const packed = async (stretches: readonly Stretch[], row: PackedRow): Promise<void> => {
    for (let left = stretches; left.length > 0; ) {
      const some = left.slice(0, STRETCHES).map(({ writer, from, to }) => ({ writer, from, to }))
      const count = await eachText(await post({ ask: 'packed', stretches: some }), row)
      // Whatever is missing is noticed by whoever asked.
      if (count === 0) return
      passed(count)
      left = stretchesAfter(left, count)
    }
  }
  return {
    rowsOf,
    packed,
    rows: async (writer, after, to) => counted((await ask<readonly WiredRow[]>({ ask: 'rows', writer, after, to })).map(unwireRow)),
    runs: (from) => ask<readonly Run[]>({ ask: 'runs', from }),
    tiles: async (level, n) => unpackTiles(new Uint8Array(await (await post({ ask: 'tiles', level, n })).arrayBuffer())),
    checkpoints: async (size) => (await ask<readonly WiredCheckpoint[]>({ ask: 'checkpoints', size })).map(unwireCheckpoint),
    cosignatures: () => ask<readonly StoredCosignature[]>({ ask: 'cosignatures' }),
    marksAt: (size) => ask<readonly Mark[]>({ ask: 'marksAt', size }),
    placeOf: (writer, seq) => ask<number | null>({ ask: 'placeOf', writer, seq }),
    policies: async () => new Map(await ask<readonly (readonly [string, string | null])[]>({ ask: 'policies' })),
  }
}
