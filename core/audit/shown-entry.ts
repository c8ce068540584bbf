import { fromBase64 } from '../base64'
import type { Sha256, Verify } from '../hash'
import { leafHash } from './chain'
import { logKeysOf, type Pin } from './log-keys'
import { readProof, tlogProofText, verifyTlogProof } from './tlog-proof'

/** An entry with its proof, as somebody was shown it: nothing of it is believed. Hashes in base64; `text` is null where it was kept back. */
export type ShownEntry = {
  readonly text: string | null
  readonly index: number
  readonly leaf: string
  readonly proof: readonly string[]
  readonly note: string
}

/** `file` is the `.tlog-proof` that was verified, with the text in it where it was shown. */
export type Shown =
  | { readonly is: 'proven'; readonly index: number; readonly size: number; readonly file: string }
  | { readonly is: 'unproven'; readonly because: string }

type Tools = { readonly verify: Verify; readonly sha256: Sha256 }

/** Whether the entry that was shown is the one that the log sealed there, by the pinned key; a clause says why not. */
export function judgeShown(entry: ShownEntry, pinned: Pin, { verify, sha256 }: Tools): Shown {
  const { text, index, note } = entry
  const key = logKeysOf(pinned, { verify, sha256 })
  const sealed = fromBase64(entry.leaf)
  const proof = readProof(entry.proof)
  if (!key) return { is: 'unproven', because: 'the pinned log key is no key' }
  if (!sealed || !proof) return { is: 'unproven', because: 'its proof is not of hashes' }
  const extra = text === null ? null : new TextEncoder().encode(text)
  const file = tlogProofText({ index, proof, checkpoint: note, extra })
  const wasSealed = verifyTlogProof(file, sealed, key, verify, sha256)
  if ('problem' in wasSealed) return { is: 'unproven', because: wasSealed.problem }
  if (text !== null && 'problem' in verifyTlogProof(file, leafHash(text, sha256), key, verify, sha256))
    return { is: 'unproven', because: `the text that is stored now is not the one that was sealed as #${index}` }
  return { is: 'proven', index, size: wasSealed.checkpoint.size, file }
}
