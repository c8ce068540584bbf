import { fromBase64, toBase64 } from '../base64'
import type { LogMoment } from './log-moment'
import type { StoredCheckpoint } from './log-source'
import type { ChainRow } from './verify-chain'

/** A row as JSON can carry it: base64 in the place of bytes, here and in all that follows. */
export type WiredRow<Row extends ChainRow = ChainRow> = Omit<Row, 'signature'> & { readonly signature: string | null }
export type WiredCheckpoint = Omit<StoredCheckpoint, 'root'> & { readonly root: string }
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

type Tile = { readonly n: number; readonly hashes: Uint8Array }
/** Its number (u64) and its length (u32), big-endian. */
const TILE_HEAD_BYTES = 12

/** Tiles one behind the other: they are nothing but hashes, which no text makes smaller. */
export function packTiles(tiles: readonly Tile[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tiles.reduce((sum, { hashes }) => sum + TILE_HEAD_BYTES + hashes.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { n, hashes } of tiles) {
    view.setBigUint64(at, BigInt(n))
    view.setUint32(at + 8, hashes.length)
    bytes.set(hashes, at + TILE_HEAD_BYTES)
    at += TILE_HEAD_BYTES + hashes.length
  }
  return bytes
}

/** One that is cut short is as long as it is. */
export function unpackTiles(bytes: Uint8Array): readonly Tile[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const tiles: Tile[] = []
  for (let at = 0; at + TILE_HEAD_BYTES <= bytes.length; ) {
    const end = at + TILE_HEAD_BYTES + view.getUint32(at + 8)
    tiles.push({ n: Number(view.getBigUint64(at)), hashes: bytes.subarray(at + TILE_HEAD_BYTES, end) })
    at = end
  }
  return tiles
}

export const wireMoment = ({ sealed, ...rest }: LogMoment): WiredMoment => ({
  ...rest,
  sealed: sealed && { ...sealed, newest: sealed.newest && wireCheckpoint(sealed.newest) },
})
export const unwireMoment = ({ sealed, ...rest }: WiredMoment): LogMoment => ({
  ...rest,
  sealed: sealed && { ...sealed, newest: sealed.newest && unwireCheckpoint(sealed.newest) },
})
