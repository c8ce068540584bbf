import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { recordedName } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { createDurably } from './durable'
import { isCode, readIfThere } from './embedded-home'
import { requireReason } from './legal-holds'
import { requireTaker, type Taker, takerOf } from './takers'
import type { Writer } from './writer'

/** A machine that may seal, or once did. `seenAt` is when a sealer of it last came to the database. */
export type EnrolledSealer = {
  readonly id: string
  readonly name: string
  readonly enrolledAt: Date
  readonly seenAt: Date
  readonly retired: { readonly at: Date; readonly by: string; readonly because: string } | null
}

/** Those that may seal first. */
export async function listSealers(sql: Queries): Promise<readonly EnrolledSealer[]> {
  const rows = await sql<(EnrolledSealer & { retiredAt: Date | null; retiredBy: string | null; retiredBecause: string | null })[]>`
    select id, name, enrolled_at as "enrolledAt", seen_at as "seenAt", retired_at as "retiredAt", retired_by as "retiredBy",
      retired_because as "retiredBecause"
    from countersign.sealers order by retired_at is not null, enrolled_at desc limit 200`
  return rows.map(({ retiredAt, retiredBy, retiredBecause, ...sealer }) => ({
    ...sealer,
    retired: retiredAt && retiredBy && retiredBecause ? { at: retiredAt, by: retiredBy, because: retiredBecause } : null,
  }))
}

/** Who the sealer of a data directory is, whatever its host is called: made at its first start. Throws AppError('invalid') for a damaged file. */
export async function sealerId(dataDir: string): Promise<string> {
  const path = join(dataDir, 'state', 'sealer')
  if ((await readIfThere(path)) === null) await makeId(path)
  const id = (await readIfThere(path))?.trim() ?? ''
  if (/^[0-9a-f]{32}$/.test(id)) return id
  throw new AppError('invalid', `${path} is damaged: remove it, and this machine is another sealer to the log.`)
}

/** Of two that start at once one makes it. */
async function makeId(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await createDurably(path, `${randomId()}\n`)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
}

/** Before anything is sealed. Throws AppError('conflict') where two others are enrolled, and for one that was retired. */
export async function enroll(sql: Queries, id: string, name: string): Promise<void> {
  const [row] = await sql<{ state: string; others: string }[]>`
    select state, others from countersign.enroll_sealer(${id}, ${recordedName(name)})`
  if (row?.state === 'enrolled') return
  if (row?.state === 'retired')
    throw new AppError('conflict', 'The sealer of this machine was retired: `countersign sealer list` says by whom and why.')
  const others = (row?.others ?? '').split('\n').map(named)
  throw new AppError(
    'conflict',
    `Two machines seal this log already, ${others.join(' and ')}: retire one with \`countersign sealer retire ID --because TEXT\` before a third starts.`,
  )
}

const named = (line: string): string => {
  const [id = '', ...name] = line.split(' ')
  return `${JSON.stringify(name.join(' '))} (${id})`
}

/**
 * For good: what that machine seals from now on is refused, and another one may come in its place. Throws AppError('invalid') without a
 * reason, ('not_found') where no such sealer is enrolled.
 */
export async function retireSealer(writer: Writer, taker: Taker, given: { readonly id: string; readonly because: string }): Promise<void> {
  const because = requireReason(given.because)
  return writer.commit(async (tx) => {
    await requireTaker(tx, taker, 'settings.manage')
    const { actor } = takerOf(taker)
    const [row] = await tx<{ name: string; retired: boolean }[]>`
      select name, countersign.retire_sealer(id, ${actor}, ${because}) as retired from countersign.sealers where id = ${given.id}`
    if (!row?.retired) throw new AppError('not_found', 'No such sealer is enrolled: `countersign sealer list` names those that are.')
    const before = { sealer: given.id, name: row.name }
    return { entries: [{ type: 'config.sealers' as const, actor, before, after: { ...before, retired: because } }], result: undefined }
  })
}
