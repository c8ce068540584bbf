import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { verifyCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js'
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js'
import { CoMETRE } from '@transmute/rfc9162'
import { expect, test } from 'vitest'
import { logKeyOf, signCheckpoint } from './checkpoint'
import { keyIdOf, type NoteKey } from './note'
import { sha256 } from './testing-tree'
import { growTiles, nodeReader } from './tiles'
import { consistencyProof, inclusionProof, rootOf } from './tree'

/** What sigstore and @transmute/rfc9162 make of our tiles, proofs and checkpoints: neither is ours, nor knows of the other. */

const MOST = 700
const bodies = Array.from({ length: MOST }, (_, n) => Buffer.from(`{"entry":${n}}`))
const leaves = Buffer.concat(bodies.map((body) => sha256(Buffer.concat([Buffer.of(0), body]))))
const grown = growTiles(0, [], leaves, sha256)
const tiles = 'tiles' in grown ? grown.tiles : []
const read = nodeReader((level, n) => tiles.find((tile) => tile.level === level && tile.n === n)?.hashes ?? null, sha256)
const rootAt = (size: number): Uint8Array => Uint8Array.from(rootOf(leaves.subarray(0, size * 32), sha256))
const sizes = Array.from({ length: MOST }, (_, at) => at + 1).filter((size) => size % 61 === 1 || size === 256 || size === 512)

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
const key = logKeyOf({ log: 'a'.repeat(32), logKey: raw.toString('hex') }) as NoteKey

/** An entry as sigstore's transparency log hands it out. */
function sigstoreEntry(index: number, size: number, body: Buffer) {
  const envelope = signCheckpoint({ origin: key.name, size, root: rootAt(size) }, key, (message) => sign(null, message, privateKey), sha256)
  const hashes = (inclusionProof(index, size, read, sha256) ?? []).map((hash) => Buffer.from(hash))
  const inclusionProofOf = {
    logIndex: `${index}`,
    treeSize: `${size}`,
    rootHash: Buffer.from(rootAt(size)),
    hashes,
    checkpoint: { envelope },
  }
  return { canonicalizedBody: body, inclusionProof: inclusionProofOf } as unknown as Parameters<typeof verifyMerkleInclusion>[0]
}

const logs = (of: NoteKey) =>
  [
    { logID: Buffer.from(keyIdOf(of, sha256), 'hex'), baseURL: `https://${of.name}`, publicKey: createPublicKey(privateKey) },
  ] as unknown as Parameters<typeof verifyCheckpoint>[1]

test('sigstore believes our checkpoints and inclusion proofs, and no other entry under them', { timeout: 60_000 }, () => {
  for (const size of sizes) {
    for (let index = 0; index < size; index += 17) {
      const entry = sigstoreEntry(index, size, bodies[index] ?? Buffer.of())
      const checkpoint = verifyCheckpoint(entry, logs(key))
      expect(checkpoint).toMatchObject({ origin: key.name, logSize: BigInt(size) })
      verifyMerkleInclusion(entry, checkpoint)
      expect(() => verifyMerkleInclusion(sigstoreEntry(index, size, Buffer.from('{}')), checkpoint)).toThrow(/root hash/)
    }
  }
  expect(() => verifyCheckpoint(sigstoreEntry(0, 5, Buffer.of()), logs({ ...key, name: 'another' }))).toThrow(/signature/)
})

test('@transmute/rfc9162 finds our roots by our inclusion proofs', { timeout: 60_000 }, async () => {
  for (const size of sizes) {
    for (let index = 0; index < size; index += 17) {
      const inclusion_path = (inclusionProof(index, size, read, sha256) ?? []).map((hash) => Uint8Array.from(hash))
      const leaf = Uint8Array.from(leaves.subarray(index * 32, index * 32 + 32))
      const root = await CoMETRE.RFC9162_SHA256.verify_inclusion_proof(leaf, {
        log_id: '',
        tree_size: size,
        leaf_index: index,
        inclusion_path,
      })
      expect(Uint8Array.from(root)).toEqual(rootAt(size))
    }
  }
})

test('@transmute/rfc9162 finds our roots consistent, and others not', { timeout: 60_000 }, async () => {
  for (const size of sizes) {
    for (let from = 1; from < size; from += 11) {
      const proof = consistencyProof(from, size, read, sha256) ?? []
      // Step 2 of RFC 9162 §2.1.4.2, which that package leaves to whoever calls it.
      const consistency_path = ((from & (from - 1)) === 0 ? [rootAt(from), ...proof] : proof).map((hash) => Uint8Array.from(hash))
      const said = { log_id: '', tree_size_1: from, tree_size_2: size, consistency_path }
      expect(await CoMETRE.RFC9162_SHA256.verify_consistency_proof(rootAt(from), rootAt(size), said)).toBe(true)
      expect(await CoMETRE.RFC9162_SHA256.verify_consistency_proof(rootAt(from), rootAt(size - 1), said)).toBe(false)
    }
  }
})
