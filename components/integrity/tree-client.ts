import { readProof } from '../../core/audit/tlog-proof'
import type { Proof } from '../../core/audit/tree'
import type { CheckpointShown, TreeAnswer } from './integrity-shown'

/** What the server would not or could not answer, in its own sentence. */
export class TreeUnanswered extends Error {}

async function ask(question: Readonly<Record<string, number>>): Promise<TreeAnswer> {
  const parameters = new URLSearchParams(Object.entries(question).map(([name, value]) => [name, String(value)]))
  // A connection that fails and an answer that is no JSON come to the same: nothing was said.
  const answer = await fetch(`/integrity/tree?${parameters}`).catch(() => null)
  const said = await answer?.json().catch(() => null)
  if (answer?.ok && said) return said as TreeAnswer
  throw new TreeUnanswered(typeof said?.because === 'string' ? said.because : 'The console does not answer.')
}

/** The checkpoint of this many entries, or the last before it; the newest, if none is named. Throws TreeUnanswered. */
export const checkpointBefore = async (at: number | null): Promise<CheckpointShown | null> =>
  (await ask(at === null ? {} : { at })).checkpoint

/** The consistency proof between two sizes; null where the tree can't show it. Throws TreeUnanswered. */
export async function proofFor(from: number, to: number): Promise<Proof | null> {
  const { proof } = await ask({ from, to })
  return proof && readProof(proof)
}

/** Tells the console of a checkpoint that this browser remembers. Throws TreeUnanswered. */
export async function sayNote(note: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  // Why it failed does not matter: it is said again in a while.
  const answer = await fetch('/integrity/tree', { method: 'POST', headers, body: JSON.stringify({ note }) }).catch(() => null)
  if (!answer?.ok) throw new TreeUnanswered('The console does not answer.')
}
