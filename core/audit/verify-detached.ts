import type { Sha256, Verify } from '../hash'
import { certifiedWriterKey, type Trust } from './certificate'
import { leafHash } from './chain'
import { type DetachedClaim, type DetachedMonth, faultOfVoucher, Holes, readDetachEntry, type Voucher } from './detached'
import type { Findings } from './findings'
import type { SealedLog } from './log-source'
import { parseEntry } from './text'
import { TILE_WIDTH } from './tiles'
import { HASH_BYTES, isEqual } from './tree'

/** What is not here, and the entries of the log that say so. */
export type Detached = { readonly holes: Holes; readonly months: readonly DetachedMonth[] }

type Tools = { readonly trust: Trust; readonly sha256: Sha256; readonly verify: Verify }

/**
 * Believes of what is claimed what entries of the log vouch for, oldest month first. The entries themselves are looked at like any other:
 * here they are read. What nobody vouches for is said, and its entries are missing.
 */
export async function readDetached(
  claims: readonly DetachedClaim[],
  sealed: SealedLog,
  tools: Tools,
  findings: Findings,
): Promise<Detached> {
  const [holes, months] = [new Holes(), [] as DetachedMonth[]]
  for (const claim of [...claims].sort((a, b) => (a.month < b.month ? -1 : 1))) {
    const voucher = await voucherOf(claim, sealed, tools)
    const { told } = voucher
    const fault = faultOfVoucher(claim, voucher, tools.sha256) ?? (told ? holes.add(claim.stretches, told.last) : null)
    if (fault === null && told) months.push(told)
    else findings.add(null, 0, 'deleted', `Entries are said to be detached with their month, and nothing vouches for it: ${fault}.`)
  }
  return { holes, months }
}

async function voucherOf({ writer, seq }: DetachedClaim, sealed: SealedLog, { trust, sha256, verify }: Tools): Promise<Voucher> {
  const rows = await sealed.rowsOf([
    { writer, from: 1, to: 1 },
    { writer, from: seq, to: seq },
  ])
  const [opening, row] = rows
  const index = await sealed.placeOf(writer, seq)
  const isOne = rows.length === 2 && opening?.seq === 1 && row?.seq === seq
  if (!isOne || (index !== null && !isThatLeaf(await leafAt(sealed, index), row.body, sha256))) return { told: null, index, role: null }
  const [opened, parsed] = [parseEntry(opening.body, trust.log, writer), parseEntry(row.body, trust.log, writer)]
  const certified =
    'entry' in opened && opened.entry.type === 'writer.open' ? certifiedWriterKey(opened.entry, writer, trust, verify) : null
  const told = 'entry' in parsed && parsed.entry.seq === seq ? readDetachEntry(parsed.entry) : null
  return { told, index, role: certified && 'role' in certified ? certified.role : null }
}

const isThatLeaf = (leaf: Uint8Array | null, body: string, sha256: Sha256): boolean =>
  leaf !== null && isEqual(leaf, leafHash(body, sha256))

/** The leaf at an index of the sealed log, as its tile has it; null where that is missing. */
export async function leafAt(sealed: SealedLog, index: number): Promise<Uint8Array | null> {
  const hashes = await sealed.tile(0, Math.floor(index / TILE_WIDTH))
  const at = (index % TILE_WIDTH) * HASH_BYTES
  return hashes && hashes.length >= at + HASH_BYTES ? hashes.subarray(at, at + HASH_BYTES) : null
}
