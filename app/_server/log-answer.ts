import 'server-only'
import { z } from 'zod'
import type { LogMoment, LogPages } from '../../core/audit/log-moment'
import { packTiles, wireCheckpoint, wireRow } from '../../core/audit/log-wire'
import { logPages, readMoment } from '../../db/log-moment'
import { readPackedPage } from '../../db/verify-packed'
import { readConfig } from './config'
import { database } from './database'
import { storableInput } from './input'
import { oneByOne } from './one-by-one'

const countInput = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const numberInput = z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)
const writerInput = storableInput.max(256)
const STRETCHES = 512
const stretchInput = z.strictObject({ writer: writerInput.refine((id) => !id.includes(',')), from: numberInput, to: numberInput })
/** What the verifier asks for at once is half of this: nobody is given a whole log in one answer. */
const STRETCHED = 4_096
const stretchesInput = z
  .array(stretchInput)
  .max(STRETCHES)
  .refine((stretches) => stretches.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0) <= STRETCHED)

/** One question about the log. Each is answered with a page: how large, the database module says. */
export const logQuestion = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('rows'), writer: writerInput, after: numberInput, to: numberInput }),
  z.strictObject({ ask: z.literal('rowsOf'), stretches: stretchesInput }),
  z.strictObject({ ask: z.literal('packed'), stretches: z.array(stretchInput).max(STRETCHES) }),
  z.strictObject({ ask: z.literal('runs'), from: countInput }),
  z.strictObject({ ask: z.literal('tiles'), level: z.int().min(0).max(7), n: countInput }),
  z.strictObject({ ask: z.literal('checkpoints'), size: countInput }),
  z.strictObject({ ask: z.literal('cosignatures') }),
  z.strictObject({ ask: z.literal('marksAt'), size: countInput }),
  z.strictObject({ ask: z.literal('placeOf'), writer: writerInput, seq: numberInput }),
  z.strictObject({ ask: z.literal('policies') }),
])

type Question = z.infer<typeof logQuestion>

/** Changes nothing. Texts by themselves go as they come from the database (core/audit/packed-texts.ts), tiles as bytes, all else as JSON. */
export async function answerTo(question: Question): Promise<Response> {
  const sql = database()
  const pages = logPages(sql)
  if (question.ask === 'packed') return bytesAnswer(await readPackedPage(sql, question.stretches))
  if (question.ask === 'tiles') return bytesAnswer(packTiles(await pages.tiles(question.level, question.n)))
  return Response.json(await answerFrom(pages, question), { headers: { 'cache-control': 'no-store' } })
}

const bytesAnswer = (bytes: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): Response =>
  new Response(bytes, { headers: { 'cache-control': 'no-store', 'content-type': 'application/octet-stream' } })

/** As JSON can carry it (core/audit/log-wire.ts). */
async function answerFrom(pages: LogPages, question: Exclude<Question, { readonly ask: 'packed' | 'tiles' }>): Promise<unknown> {
  switch (question.ask) {
    case 'rows':
      return (await pages.rows(question.writer, question.after, question.to)).map(wireRow)
    case 'rowsOf':
      return (await pages.rowsOf(question.stretches)).map(wireRow)
    case 'runs':
      return pages.runs(question.from)
    case 'checkpoints':
      return (await pages.checkpoints(question.size)).map(wireCheckpoint)
    case 'cosignatures':
      return pages.cosignatures()
    case 'marksAt':
      return pages.marksAt(question.size)
    case 'placeOf':
      return pages.placeOf(question.writer, question.seq)
    case 'policies':
      return [...(await pages.policies())]
  }
}

const kept = globalThis as { countersignMoments?: () => Promise<LogMoment> }

/** The ends of the log as they are once it is asked for. Each look takes a connection of its own for as long as it lasts. */
export function momentInTurn(): Promise<LogMoment> {
  kept.countersignMoments ??= oneByOne(() => readMoment(readConfig().databaseUrl))
  return kept.countersignMoments()
}
