/** One file in a bundle. Sizes and offsets in bytes; `method` 0 is stored, 8 deflated (APPNOTE 6.3, Zip64 where it is needed). */
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

/** Its manifest, which is one of them, lists no more in what one of them may hold. */
export const MEMBERS_LIMIT = 400_000
export const MEMBER_LIMIT_BYTES = 64 * 1024 * 1024
/** Beyond this a file is stored as it is, so that what an honest bundle holds never looks like a bomb. */
export const RATIO_LIMIT = 50
const RATIO_FREE_BYTES = 64 * 1024
const DIRECTORY_LIMIT_BYTES = 64 * 1024 * 1024
/** What is written: more than the entries that a verifier holds in memory come to. */
export const BUNDLE_LIMIT_BYTES = 2 ** 36
const ZIP_LIMIT_BYTES = 2 * BUNDLE_LIMIT_BYTES

/** From where on a place or a number stands in a record of Zip64. Whoever wrote a bundle did so where it was needed and nowhere else. */
export type ZipForm = { readonly place: number; readonly count: number }
export const ZIP_FORM: ZipForm = { place: 0xffff_ffff, count: 0xffff }

const LOCAL = 0x0403_4b50
const CENTRAL = 0x0201_4b50
const END = 0x0605_4b50
const END64 = 0x0606_4b50
const LOCATOR = 0x0706_4b50
const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const END_BYTES = 22
const END64_BYTES = 56
const LOCATOR_BYTES = 20
/** The one field of ours in the extra part of a record: the place of a member, in 64 bits. */
const PLACE64 = 0x0001
const PLACE64_BYTES = 12
const VERSION = 20
const VERSION64 = 45
const MARK16 = 0xffff
const MARK32 = 0xffff_ffff
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
  view.setUint16(4, VERSION, true)
  putFields(view, 6, member)
  return bytes
}

/** Everything behind the last member: one record for each, and the end. */
export function directoryBytes(members: readonly Member[], at: number, form = ZIP_FORM): Uint8Array {
  const records = members.map((member) => centralHeader(member, form))
  const size = records.reduce((sum, { length }) => sum + length, 0)
  return joined([...records, endOf({ count: members.length, size, at }, form)])
}

/** How many members the directory lists, how many bytes it has, and where it begins. */
type Directory = { readonly count: number; readonly size: number; readonly at: number }

const isWide = ({ count, size, at }: Directory, form: ZipForm): boolean => count >= form.count || size >= form.place || at >= form.place

function endOf(directory: Directory, form: ZipForm): Uint8Array {
  const { count, size, at } = directory
  const end = new DataView(new ArrayBuffer(END_BYTES))
  end.setUint32(0, END, true)
  for (const to of [8, 10]) end.setUint16(to, count >= form.count ? MARK16 : count, true)
  end.setUint32(12, size >= form.place ? MARK32 : size, true)
  end.setUint32(16, at >= form.place ? MARK32 : at, true)
  return isWide(directory, form) ? joined([end64Of(directory), new Uint8Array(end.buffer)]) : new Uint8Array(end.buffer)
}

/** The end once more, in 64 bits, and where it begins. */
function end64Of({ count, size, at }: Directory): Uint8Array {
  const view = new DataView(new ArrayBuffer(END64_BYTES + LOCATOR_BYTES))
  view.setUint32(0, END64, true)
  putWide(view, 4, END64_BYTES - 12)
  for (const to of [12, 14]) view.setUint16(to, VERSION64, true)
  for (const to of [24, 32]) putWide(view, to, count)
  putWide(view, 40, size)
  putWide(view, 48, at)
  view.setUint32(END64_BYTES, LOCATOR, true)
  putWide(view, END64_BYTES + 8, at + size)
  view.setUint32(END64_BYTES + 16, 1, true)
  return new Uint8Array(view.buffer)
}

const putWide = (view: DataView, at: number, value: number): void => view.setBigUint64(at, BigInt(value), true)

/** Beyond 2^53 it is not exact, and larger than anything that is opened. */
const wideAt = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))

function centralHeader(member: Member, form: ZipForm): Uint8Array {
  const { bytes, view } = record(CENTRAL_BYTES, member.name)
  const isFar = member.at >= form.place
  view.setUint32(0, CENTRAL, true)
  for (const to of [4, 6]) view.setUint16(to, isFar ? VERSION64 : VERSION, true)
  putFields(view, 8, member)
  view.setUint32(42, isFar ? MARK32 : member.at, true)
  if (!isFar) return bytes
  view.setUint16(30, PLACE64_BYTES, true)
  const extra = new DataView(new ArrayBuffer(PLACE64_BYTES))
  extra.setUint16(0, PLACE64, true)
  extra.setUint16(2, PLACE64_BYTES - 4, true)
  putWide(extra, 4, member.at)
  return joined([bytes, new Uint8Array(extra.buffer)])
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
 * the directory, with plain names, each once, and both headers say the same; Zip64 stands where it is needed and nowhere else. Nothing is
 * unpacked and nothing is trusted before.
 */
export async function readDirectory(file: RandomAccess, form = ZIP_FORM): Promise<readonly Member[] | ZipProblem> {
  if (file.size < END_BYTES || file.size > ZIP_LIMIT_BYTES) return cut('The file is no bundle: it is too short or too long to be one.')
  const directory = await readEnd(file)
  if ('sentence' in directory) return directory
  const { count, size, at } = directory
  if (count > MEMBERS_LIMIT || size > DIRECTORY_LIMIT_BYTES) return cut('The file lists more members than a bundle has.')
  if (at + size + endOf(directory, form).length !== file.size) return forged('The directory of the file does not lie where its end says.')
  const members = readRecords(await file.read(at, size), count)
  if ('sentence' in members) return members
  if (!isSameBytes(await file.read(at, file.size - at), directoryBytes(members, at, form)))
    return forged('The directory of the file says more than a bundle’s does.')
  return (await faultOfLayout(file, members, at)) ?? members
}

async function readEnd(file: RandomAccess): Promise<Directory | ZipProblem> {
  const end = viewOf(await file.read(file.size - END_BYTES, END_BYTES))
  if (end.byteLength !== END_BYTES || end.getUint32(0, true) !== END)
    return cut('The file does not end as a bundle does: it was cut off, or it is something else.')
  const directory = { count: end.getUint16(10, true), size: end.getUint32(12, true), at: end.getUint32(16, true) }
  if (directory.count !== MARK16 && directory.size !== MARK32 && directory.at !== MARK32) return directory
  const at = file.size - END_BYTES - LOCATOR_BYTES - END64_BYTES
  const wide = viewOf(at < 0 ? new Uint8Array() : await file.read(at, END64_BYTES))
  if (wide.byteLength !== END64_BYTES || wide.getUint32(0, true) !== END64)
    return forged('The file says that its directory is a large one, and not where it lies.')
  return { count: wideAt(wide, 32), size: wideAt(wide, 40), at: wideAt(wide, 48) }
}

function readRecords(directory: Uint8Array, count: number): readonly Member[] | ZipProblem {
  const members: Member[] = []
  const names = new Set<string>()
  const view = viewOf(directory)
  let at = 0
  for (let n = 0; n < count; n++) {
    const record = readRecord(directory, view, at)
    if ('sentence' in record) return record
    const { member, length } = record
    if (names.has(member.name)) return forged(`The file holds ${member.name} twice.`)
    names.add(member.name)
    members.push(member)
    at += length
  }
  return at === directory.length ? members : forged('The directory of the file is longer than its members.')
}

type ReadRecord = { readonly member: Member; readonly length: number }

/** `length` is that of the record. What the fields that are not read here hold is seen when the record is written anew. */
function readRecord(directory: Uint8Array, view: DataView, at: number): ReadRecord | ZipProblem {
  if (at + CENTRAL_BYTES > directory.length || view.getUint32(at, true) !== CENTRAL) return forged('The directory of the file is damaged.')
  const [flags, method, length] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true), view.getUint16(at + 28, true)]
  const extra = at + CENTRAL_BYTES + length
  const name = decoder.decode(directory.subarray(at + CENTRAL_BYTES, extra))
  if (!isMemberName(name))
    return forged(`The file holds a member with the name ${JSON.stringify(name.slice(0, 120))}, which no bundle has.`)
  const place = placeIn(view, at, extra)
  if ((flags & ~UTF8_NAMES) !== 0 || (method !== 0 && method !== 8) || place === null)
    return forged(`${name} is packed in a way that no bundle uses.`)
  const [crc, packedBytes, bytes] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)]
  const member: Member = { name, method, crc, packedBytes, bytes, at: place }
  if (bytes > MEMBER_LIMIT_BYTES) return cut(`${name} would unpack to ${bytes} bytes, which is more than is opened.`)
  if (isBomb(member)) return cut(`${name} would unpack to more than ${RATIO_LIMIT} times its size: it is not opened.`)
  if (method === 0 && bytes !== packedBytes) return forged(`${name} says two sizes of itself.`)
  return { member, length: extra - at + view.getUint16(at + 30, true) }
}

/** Where the member of the record at `at` begins; null where it says anything else behind its name, as that one of its sizes is a large one. */
function placeIn(view: DataView, at: number, extra: number): number | null {
  const [place, extraBytes, commentBytes] = [view.getUint32(at + 42, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)]
  if (commentBytes !== 0) return null
  if (extraBytes === 0) return place
  if (extraBytes !== PLACE64_BYTES || extra + PLACE64_BYTES > view.byteLength || place !== MARK32) return null
  const isPlace = view.getUint16(extra, true) === PLACE64 && view.getUint16(extra + 2, true) === PLACE64_BYTES - 4
  return isPlace ? wideAt(view, extra + 4) : null
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
