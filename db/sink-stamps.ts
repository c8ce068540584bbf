import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCheckpoint } from '../core/audit/checkpoint'
import { openNote } from '../core/audit/note'
import { timestampRequest } from '../core/audit/timestamp'
import { AppError } from '../core/errors'
import { toHex } from '../core/hash'
import { randomId, sha256 } from './crypto'
import { replaceDurably } from './durable'
import { isCode } from './embedded-home'
import { keepIn, newestIn, paddedSize, sizesIn } from './sink-folder'
import type { Copies, Sink } from './sinks'
import { checkStamp, readCertificates } from './stamp-check'
import { ask } from './web-ask'
import type { Network } from './web-reach'

export type Stamping = Extract<Sink, { readonly timestamp: string }>

/** Has each checkpoint stamped, and keeps it with its stamp in `<dataDir>/stamps`: `openssl ts -verify` reads both as they lie there. */
export function copiesStamped(sink: Stamping, log: string, dataDir: string, network: Network): Copies {
  const own = folderOf(sink, log, dataDir)
  return {
    name: `time stamp of ${sink.timestamp}`,
    newest: () => newestIn(own),
    keep: async (size, note) => {
      const { response } = await stampOf(sink, note, network)
      await mkdir(own, { recursive: true, mode: 0o700 })
      // The stamp first: a checkpoint that is there is stamped.
      await replaceDurably(join(own, `${paddedSize(size)}.tsr`), response)
      await keepIn(own, size, note)
    },
  }
}

const folderOf = ({ timestamp }: Stamping, log: string, dataDir: string): string =>
  join(dataDir, 'stamps', log, toHex(sha256(Buffer.from(timestamp))).slice(0, 32))

/** Asks for a stamp on a text, and checks the one that comes. Throws AppError where there is none that holds. */
export async function stampOf({ timestamp, certificates }: Stamping, text: string, network: Network) {
  const bytes = Buffer.from(text)
  const nonce = Buffer.from(`4${randomId().slice(1)}`, 'hex')
  const body = timestampRequest(sha256(bytes), nonce)
  const headers = { 'content-type': 'application/timestamp-query' }
  const answer = await ask({ method: 'POST', url: timestamp, headers, body }, network)
  if (answer.status !== 200 || !answer.isWhole)
    throw new AppError('unavailable', `${timestamp} gave no time stamp: it answered ${answer.status}.`)
  return { response: answer.body, at: stampedAt(timestamp, () => checkStamp(answer.body, bytes, readCertificates(certificates), nonce)) }
}

/** Whose stamp it is goes before what is wrong with it. */
function stampedAt(timestamp: string, check: () => string): string {
  try {
    return check()
  } catch (error) {
    if (error instanceof AppError) throw new AppError(error.fault, `${timestamp}: ${error.message}`, { cause: error })
    throw error
  }
}

/** The sizes of the checkpoints that were stamped and kept, in no order. */
export const keptSizes = (sink: Stamping, log: string, dataDir: string): Promise<readonly number[]> => sizesIn(folderOf(sink, log, dataDir))

/** A checkpoint that was stamped, and its stamp as it lies there; nothing is checked. Null where the stamp is gone. */
export async function readKeptStamp(sink: Stamping, log: string, dataDir: string, size: number) {
  const place = join(folderOf(sink, log, dataDir), paddedSize(size))
  const response = await readFile(`${place}.tsr`).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null
    throw error
  })
  return { note: await readFile(`${place}.checkpoint`, 'utf8'), response }
}

/** A checkpoint with its stamp, checked against the pinned certificates: nobody is asked. */
export type Stamped = { readonly note: string; readonly at: string }

/** The newest one; null where there is none. Throws AppError('invalid') where its stamp is missing or does not hold. */
export async function readNewestStamp(sink: Stamping, log: string, dataDir: string): Promise<Stamped | null> {
  const own = folderOf(sink, log, dataDir)
  const note = await newestIn(own)
  if (note === null) return null
  const opened = openNote(note)
  const checkpoint = 'problem' in opened ? opened : parseCheckpoint(opened.text)
  if ('problem' in checkpoint) throw new AppError('invalid', `${sink.timestamp}: What was stamped is no checkpoint: ${checkpoint.problem}.`)
  const response = await readFile(join(own, `${paddedSize(checkpoint.size)}.tsr`)).catch((cause: unknown) => {
    throw new AppError('invalid', `${sink.timestamp}: The time stamp of its newest checkpoint is missing.`, { cause })
  })
  const at = stampedAt(sink.timestamp, () => checkStamp(response, Buffer.from(note), readCertificates(sink.certificates)))
  return { note, at }
}
