import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { createSHA256 } from 'hash-wasm'
import type { Sha256, Verify } from './hash'

/** SHA-256 in WebAssembly; synchronous once it is compiled. For whoever hashes a whole log. */
export async function wasmSha256(): Promise<Sha256> {
  const hasher = await createSHA256()
  return (bytes) => hasher.init().update(bytes).digest('binary')
}

/** SHA-256 in plain JavaScript: enough for a proof, and no page need be allowed to compile anything for it. */
export const plainSha256: Sha256 = nobleSha256

/** RFC 8032 by the strict rules that Node goes by, so that both come to one verdict. */
export const verifyInBrowser: Verify = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    // A key that is no point of the curve: nothing was ever signed with it.
    return false
  }
}
