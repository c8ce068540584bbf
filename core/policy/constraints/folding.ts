import type { Spot } from './spots'

const ASCII = /^[ -~]*$/

/** The part of a path as the most lenient file system compares it: case (APFS, NTFS), composition (APFS), ignorable characters (HFS+). */
export function folded(part: string): string {
  if (ASCII.test(part)) return part.toLowerCase()
  return part
    .normalize('NFD')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC')
}

const NTFS_TAIL = /:.*$|[. ]+$/s

/** The spot as Windows takes it: no trailing dots and blanks, no stream behind a colon (`secret::$DATA`). */
export function withoutStreams(spot: Spot): Spot {
  if (!spot.parts.some((part) => NTFS_TAIL.test(part))) return spot
  return { ...spot, parts: spot.parts.map((part) => part.replace(/:.*$/s, '').replace(/[. ]+$/, '') || part) }
}
