import { fromBase64, toBase64 } from '../base64'
import type { LogMoment } from './log-moment'
import type { StoredCheckpoint } from './log-source'
import type { ChainRow } from './verify-chain'

/** A row as JSON can carry it: base64 in the place of bytes, here and in all that follows. */
export type WiredRow<Row extends ChainRow = ChainRow> = Omit<Row, 'signature'> & { readonly signature: string | null }
export type WiredCheckpoint = Omit<StoredCheckpoint, 'root'> & { readonly root: string }
export type WiredTile = { readonly n: number; readonly hashes: string }
export type WiredMoment = Omit<LogMoment, 'sealed'> & {
  readonly sealed: (Omit<NonNullable<LogMoment['sealed']>, 'newest'> & { readonly newest: WiredCheckpoint | null }) | null
}

/** Bytes that were none on the way are none here: a signature that fits nothing, a root that nothing leads to. */
const bytesOf = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array(0)

export const wireRow = <Row extends ChainRow>(row: Row): WiredRow<Row> => ({ ...row, signature: row.signature && toBase64(row.signature) })
export const unwireRow = <Row extends ChainRow>(row: WiredRow<Row>): Row =>
  ({ ...row, signature: row.signature === null ? null : bytesOf(row.signature) }) as unknown as Row

export const wireCheckpoint = ({ root, ...rest }: StoredCheckpoint): WiredCheckpoint => ({ ...rest, root: toBase64(root) })
export const unwireCheckpoint = ({ root, ...rest }: WiredCheckpoint): StoredCheckpoint => ({ ...rest, root: bytesOf(root) })

export const wireTile = ({ n, hashes }: { readonly n: number; readonly hashes: Uint8Array }): WiredTile => ({ n, hashes: toBase64(hashes) })
export const unwireTile = ({ n, hashes }: WiredTile) => ({ n, hashes: bytesOf(hashes) })

export const wireMoment = ({ sealed, ...rest }: LogMoment): WiredMoment => ({
  ...rest,
  sealed: sealed && { ...sealed, newest: sealed.newest && wireCheckpoint(sealed.newest) },
})
export const unwireMoment = ({ sealed, ...rest }: WiredMoment): LogMoment => ({
  ...rest,
  sealed: sealed && { ...sealed, newest: sealed.newest && unwireCheckpoint(sealed.newest) },
})
