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

/** The spot as Windows takes it: no trailing dots and blanks, no stream behind a colon (`secret::$DATA`). */
export function withoutStreams(spot: Spot): Spot {
  const parts = spot.parts.map(withoutStream)
  return parts.every((part, at) => part === spot.parts[at]) ? spot : { ...spot, parts }
}

function withoutStream(part: string): string {
  const colon = part.indexOf(':')
  let end = colon === -1 ? part.length : colon
  while (end > 0 && (part[end - 1] === '.' || part[end - 1] === ' ')) end--
  return end === 0 ? part : part.slice(0, end)
}
