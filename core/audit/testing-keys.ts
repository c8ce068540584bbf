import { createPrivateKey, createPublicKey, type KeyObject, sign as signWith, verify as verifyWith } from 'node:crypto'
import type { Sign, Verify } from '../hash'

export const verify: Verify = (key, message, signature) => {
  const x = Buffer.from(key).toString('base64url')
  return verifyWith(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature)
}

/** A key made from a seed of 32 bytes, which the tests may know. */
export function keyOf(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly sign: Sign } {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const key: KeyObject = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { publicKey: Buffer.from(x, 'base64url'), sign: (message) => signWith(null, message, key) }
}
