import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report, VerifyOptions } from '../../core/audit/verify'
import { AppError } from '../../core/errors'
import { fromHex } from '../../core/hash'
import type { Sql } from '../../db/connect'
import { openMemory } from '../../db/seal-memory'
import { readNoteAt } from '../../db/verify-sealed-source'
import type { Context } from './context'

const LIMIT_CHARACTERS = 1_000_000

/** What is known of the log outside its database: what this machine sealed, and the notes in the files that were named. */
export async function readKept({ dataDir, values }: Context): Promise<Pick<VerifyOptions, 'kept' | 'remembered' | 'since'>> {
  const last = existsSync(join(dataDir, 'log')) ? await (await openMemory(dataDir)).last() : null
  const root = last ? fromHex(last.root) : null
  const since = await readNote(values.since)
  const kept = await readNote(values.checkpoint)
  return {
    remembered: last && root ? [{ from: 'The sealer of this machine', size: last.size, root }] : [],
    kept: kept ? [kept] : [],
    ...(since ? { since } : {}),
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
