import { ed25519 } from '@noble/curves/ed25519.js'
import { createSHA256 } from 'hash-wasm'
import type { Inflate } from '../../core/audit/evidence-files'
import type { RandomAccess } from '../../core/audit/evidence-zip'
import type { Sha256, Verify } from '../../core/hash'

/** SHA-256 in WebAssembly; synchronous once it is compiled. */
export async function wasmSha256(): Promise<Sha256> {
  const hasher = await createSHA256()
  return (bytes) => hasher.init().update(bytes).digest('binary')
}

/** RFC 8032 by the strict rules that Node goes by, so that both come to one verdict. */
export const verifyInPage: Verify = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    // A key that is no point of the curve: nothing was ever signed with it.
    return false
  }
}

/** Stops at the first byte too many, whatever the data would become. */
export const inflateInPage: Inflate = async (packed, bytes) => {
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  const reader = source.getReader()
  const unpacked = new Uint8Array(bytes)
  let at = 0
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return at === bytes ? unpacked : null
      if (at + value.length > bytes) {
        await reader.cancel()
        return null
      }
      unpacked.set(value, at)
      at += value.length
    }
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

/** A file that somebody chose, read in pieces: it is never in memory as a whole. */
export const chosenFile = (file: File): RandomAccess => ({
  size: file.size,
  read: async (at, length) => new Uint8Array(await file.slice(at, at + length).arrayBuffer()),
})
