/** One file in a bundle. Sizes and offsets in bytes; `method` 0 is stored, 8 deflated (APPNOTE 6.3, without Zip64). */
export type Member = {
  readonly name: string
  readonly method: 0 | 8
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  /** Where its local header stands. */
  readonly at: number
}

/** A file that can be read anywhere. `read` answers fewer bytes than asked for where it ends. */
export type RandomAccess = { readonly size: number; read(at: number, length: number): Promise<Uint8Array> }

/** `cut`: not all of it is there, or more than may be opened. `forged`: no exporter of ours writes such a file. */
export type ZipProblem = { readonly is: 'cut' | 'forged'; readonly sentence: string }

export const MEMBERS_LIMIT = 65_534
export const MEMBER_LIMIT_BYTES = 64 * 1024 * 1024
/** Beyond this a file is stored as it is, so that what an honest bundle holds never looks like a bomb. */
export const RATIO_LIMIT = 50
const RATIO_FREE_BYTES = 64 * 1024
const DIRECTORY_LIMIT_BYTES = 16 * 1024 * 1024
export const ZIP_LIMIT_BYTES = 0xffff_ffff
/** What is written: half of what the format could say, because there are readers that hold all of a file in memory. */
export const BUNDLE_LIMIT_BYTES = 2 ** 31 - 1

const LOCAL = 0x0403_4b50
const CENTRAL = 0x0201_4b50
const END = 0x0605_4b50
const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const END_BYTES = 22
/** 1980-01-01: the manifest says when, and two exports of the same differ in nothing else. */
const NO_DATE = 0x0021
const UTF8_NAMES = 0x0800

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Small letters, digits and `.`, `_`, `-` in folders: no name of ours climbs, hides, or is another on another system. */
const NAME = /^(?:[a-z0-9][a-z0-9._-]{0,80}\/){0,4}[a-z0-9][a-z0-9._-]{0,80}$/

export const isMemberName = (name: string): boolean => NAME.test(name) && !name.includes('..')

/** The ratio of what is unpacked to what is packed, that a reader refuses. */
export const isBomb = ({ bytes, packedBytes }: Pick<Member, 'bytes' | 'packedBytes'>): boolean =>
  bytes > RATIO_FREE_BYTES && bytes > packedBytes * RATIO_LIMIT

export function localHeader(member: Member): Uint8Array {
  const { bytes, view } = record(LOCAL_BYTES, member.name)
  view.setUint32(0, LOCAL, true)
  view.setUint16(4, 20, true)
  putFields(view, 6, member)
  return bytes
}

/** Everything behind the last member: one record for each, and the end. */
export function directoryBytes(members: readonly Member[], at: number): Uint8Array {
  const records = members.map(centralHeader)
  const size = records.reduce((sum, { length }) => sum + length, 0)
  const end = new DataView(new ArrayBuffer(END_BYTES))
  end.setUint32(0, END, true)
  end.setUint16(8, members.length, true)
  end.setUint16(10, members.length, true)
  end.setUint32(12, size, true)
  end.setUint32(16, at, true)
  return joined([...records, new Uint8Array(end.buffer)])
}

function centralHeader(member: Member): Uint8Array {
  const { bytes, view } = record(CENTRAL_BYTES, member.name)
  view.setUint32(0, CENTRAL, true)
  view.setUint16(4, 20, true)
  view.setUint16(6, 20, true)
  putFields(view, 8, member)
  view.setUint32(42, member.at, true)
  return bytes
}

function record(fixed: number, name: string): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = joined([new Uint8Array(fixed), encoder.encode(name)])
  return { bytes, view: new DataView(bytes.buffer) }
}

function putFields(view: DataView, at: number, { method, crc, packedBytes, bytes, name }: Member): void {
  view.setUint16(at, UTF8_NAMES, true)
  view.setUint16(at + 2, method, true)
  view.setUint16(at + 6, NO_DATE, true)
  view.setUint32(at + 8, crc, true)
  view.setUint32(at + 12, packedBytes, true)
  view.setUint32(at + 16, bytes, true)
  view.setUint16(at + 20, name.length, true)
}

const cut = (sentence: string): ZipProblem => ({ is: 'cut', sentence })
const forged = (sentence: string): ZipProblem => ({ is: 'forged', sentence })

/**
 * Every member of a bundle, by the directory at its end. Stricter than the format: members lie one behind the other from the first byte to
 * the directory, with plain names, each once, and both headers say the same. Nothing is unpacked and nothing is trusted before.
 */
export async function readDirectory(file: RandomAccess): Promise<readonly Member[] | ZipProblem> {
  if (file.size < END_BYTES || file.size > ZIP_LIMIT_BYTES) return cut('The file is no bundle: it is too short or too long to be one.')
  const end = viewOf(await file.read(file.size - END_BYTES, END_BYTES))
  if (end.byteLength !== END_BYTES || end.getUint32(0, true) !== END)
    return cut('The file does not end as a bundle does: it was cut off, or it is something else.')
  const [count, size, at] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)]
  if (count > MEMBERS_LIMIT || size > DIRECTORY_LIMIT_BYTES) return cut('The file lists more members than a bundle has.')
  if (at + size + END_BYTES !== file.size || end.getUint16(20, true) !== 0)
    return forged('The directory of the file does not lie where its end says.')
  const members = readRecords(await file.read(at, size), count)
  if ('sentence' in members) return members
  if (!isSameBytes(await file.read(at, size + END_BYTES), directoryBytes(members, at)))
    return forged('The directory of the file says more than a bundle’s does.')
  return (await faultOfLayout(file, members, at)) ?? members
}

function readRecords(directory: Uint8Array, count: number): readonly Member[] | ZipProblem {
  const members: Member[] = []
  const names = new Set<string>()
  const view = viewOf(directory)
  let at = 0
  for (let n = 0; n < count; n++) {
    const member = readRecord(directory, view, at)
    if ('sentence' in member) return member
    if (names.has(member.name)) return forged(`The file holds ${member.name} twice.`)
    names.add(member.name)
    members.push(member)
    at += CENTRAL_BYTES + member.name.length
  }
  return at === directory.length ? members : forged('The directory of the file is longer than its members.')
}

function readRecord(directory: Uint8Array, view: DataView, at: number): Member | ZipProblem {
  if (at + CENTRAL_BYTES > directory.length || view.getUint32(at, true) !== CENTRAL) return forged('The directory of the file is damaged.')
  const [flags, method, length] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true), view.getUint16(at + 28, true)]
  const name = decoder.decode(directory.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + length))
  if (!isMemberName(name))
    return forged(`The file holds a member with the name ${JSON.stringify(name.slice(0, 120))}, which no bundle has.`)
  if ((flags & ~UTF8_NAMES) !== 0 || (method !== 0 && method !== 8) || view.getUint32(at + 30, true) !== 0)
    return forged(`${name} is packed in a way that no bundle uses.`)
  const [crc, packedBytes, bytes] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)]
  const member: Member = { name, method, crc, packedBytes, bytes, at: view.getUint32(at + 42, true) }
  if (bytes > MEMBER_LIMIT_BYTES) return cut(`${name} would unpack to ${bytes} bytes, which is more than is opened.`)
  if (isBomb(member)) return cut(`${name} would unpack to more than ${RATIO_LIMIT} times its size: it is not opened.`)
  return method === 0 && bytes !== packedBytes ? forged(`${name} says two sizes of itself.`) : member
}

/** Overlapping members are how a small file unpacks to a large one, and gaps are where a second truth hides. */
async function faultOfLayout(file: RandomAccess, members: readonly Member[], directoryAt: number): Promise<ZipProblem | null> {
  let at = 0
  for (const member of members) {
    const expected = localHeader(member)
    if (member.at !== at) return forged(`${member.name} does not lie where the one before it ends.`)
    const header = await file.read(at, expected.length)
    if (!isSameBytes(header, expected)) return forged(`${member.name} says one thing of itself and the directory another.`)
    at += expected.length + member.packedBytes
  }
  return at === directoryAt ? null : forged('Between the last member and the directory lies something else.')
}

const isSameBytes = (some: Uint8Array, others: Uint8Array): boolean =>
  some.length === others.length && some.every((byte, at) => byte === others[at])

/** The bytes of a member as they are packed. */
export const readPacked = (file: RandomAccess, { at, name, packedBytes }: Member): Promise<Uint8Array> =>
  file.read(at + LOCAL_BYTES + name.length, packedBytes)

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
