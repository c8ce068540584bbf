import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { crc32, deflateRaw, inflateRaw } from 'node:zlib'
import type { Inflate } from '../core/audit/evidence-files'
import {
  BUNDLE_LIMIT_BYTES,
  directoryBytes,
  isBomb,
  localHeader,
  MEMBER_LIMIT_BYTES,
  MEMBERS_LIMIT,
  type Member,
  type RandomAccess,
} from '../core/audit/evidence-zip'
import { AppError } from '../core/errors'

const deflate = promisify(deflateRaw)
const inflateAll = promisify(inflateRaw)

/** A zip file that grows member by member. What `members` lists is whole on disk once `sync` is over. */
export class ZipFile {
  private readonly listed: Member[]
  private at: number
  private writing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly file: FileHandle,
    members: readonly Member[],
  ) {
    this.listed = [...members]
    this.at = endOf(members)
  }

  /** A new file, or one that goes on behind these members: whatever else a crash left there is cut off. */
  static async open(path: string, members: readonly Member[]): Promise<ZipFile> {
    const file = await open(path, members.length === 0 ? 'w' : 'r+', 0o600)
    await file.truncate(endOf(members))
    return new ZipFile(file, members)
  }

  get members(): readonly Member[] {
    return this.listed
  }

  /** Packs on another thread and appends in the order of the calls; resolves when it is written. */
  async add(name: string, bytes: Uint8Array): Promise<void> {
    const packing = deflate(bytes, { level: 1 })
    const before = this.writing
    const mine = packing.then(async (packed) => {
      await before
      await this.append(name, bytes, packed)
    })
    this.writing = mine
    await mine
  }

  private async append(name: string, bytes: Uint8Array, packed: Uint8Array): Promise<void> {
    const isStored = packed.length >= bytes.length || isBomb({ bytes: bytes.length, packedBytes: packed.length })
    const data = isStored ? bytes : packed
    const method = isStored ? 0 : 8
    const member: Member = { name, method, crc: crc32(bytes), packedBytes: data.length, bytes: bytes.length, at: this.at }
    const header = localHeader(member)
    this.refuseTooMuch(member, header.length)
    await this.file.writev([header, data], this.at)
    this.listed.push(member)
    this.at += header.length + data.length
  }

  private refuseTooMuch({ bytes, packedBytes }: Member, headerBytes: number): void {
    if (bytes > MEMBER_LIMIT_BYTES || this.listed.length >= MEMBERS_LIMIT || this.at + headerBytes + packedBytes > BUNDLE_LIMIT_BYTES)
      throw new AppError('invalid', 'This is more than one bundle holds: export a shorter period, or fewer servers or agents.')
  }

  async sync(): Promise<void> {
    await this.writing
    await this.file.datasync()
  }

  /** Writes the directory: from then on it is a zip file. */
  async finish(): Promise<void> {
    await this.writing
    const directory = directoryBytes(this.listed, this.at)
    await this.file.write(directory, 0, directory.length, this.at)
    await this.file.sync()
    await this.file.close()
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

const endOf = (members: readonly Member[]): number => {
  const last = members.at(-1)
  return last ? last.at + localHeader(last).length + last.packedBytes : 0
}

/** A file to be read anywhere. Throws AppError('unavailable') where it can't be opened. */
export async function openRandomAccess(path: string): Promise<RandomAccess & { close(): Promise<void> }> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('unavailable', `${JSON.stringify(path)} can not be read.`, { cause })
  })
  const { size } = await file.stat()
  return {
    size,
    read: async (at, length) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - at)))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      return buffer.subarray(0, bytesRead)
    },
    close: () => file.close(),
  }
}

/** Stops at the first byte too many, whatever the data would become. */
export const inflateMember: Inflate = async (packed, bytes) => {
  try {
    const unpacked = await inflateAll(packed, { maxOutputLength: bytes + 1 })
    return unpacked.length === bytes ? unpacked : null
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}
