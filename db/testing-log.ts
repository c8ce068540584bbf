import { createHash } from 'node:crypto'
import type { Trust } from '../core/audit/certificate'
import { type Checkpoint, logKeyOf, originOf, signCheckpoint } from '../core/audit/checkpoint'
import { type NoteKey, vkeyOf } from '../core/audit/note'
import { consistencyProof, HASH_BYTES, type Proof, rootOfRange } from '../core/audit/tree'
import { ephemeralKey, randomId, type SigningKey, sha256 } from './crypto'

/** For tests: a log in memory, whose leaf `n` is a hash of `n` and of the histories it went through. */
export type MemoryLog = {
  readonly trust: Trust
  readonly key: NoteKey
  readonly vkey: string
  readonly signing: SigningKey
  checkpoint(size: number): Checkpoint
  note(size: number): string
  proof(from: number, to: number): Proof
  /** The same log, with the same key, that goes another way after `size` leaves. */
  forkAfter(size: number): MemoryLog
}

export function memoryLog(id = randomId(), signing = ephemeralKey(), forks: readonly number[] = []): MemoryLog {
  const trust: Trust = { v: 1, log: id, root: signing.publicKey, logKey: signing.publicKey }
  const key = logKeyOf(trust)
  if (!key) throw new Error('a key of 32 bytes is a key')
  const leaves = (size: number): Uint8Array => {
    const hashes = new Uint8Array(size * HASH_BYTES)
    for (let n = 0; n < size; n++) {
      const history = forks.filter((at) => at <= n).join()
      hashes.set(createHash('sha256').update(`${n} ${history}`).digest(), n * HASH_BYTES)
    }
    return hashes
  }
  const checkpoint = (size: number): Checkpoint => ({ origin: originOf(id), size, root: rootOfRange(leaves(size), 0, size, sha256) })
  return {
    trust,
    key,
    vkey: vkeyOf(key, sha256),
    signing,
    checkpoint,
    note: (size) => signCheckpoint(checkpoint(size), key, signing.sign, sha256),
    proof: (from, to) => {
      const all = leaves(to)
      const proof = consistencyProof(from, to, (level, n) => rootOfRange(all, n * 2 ** level, 2 ** level, sha256), sha256)
      if (!proof) throw new Error(`there is no proof from ${from} to ${to}`)
      return proof
    },
    forkAfter: (size) => memoryLog(id, signing, [...forks, size]),
  }
}
