import type { Sha256, Verify } from '../hash'
import type { PinnedWitness } from './certificate'
import { type LogKey, openCheckpoint, openKept, parseCheckpoint } from './checkpoint'
import type { StoredCosignature } from './log-source'
import { type Note, openNote, readVkey, verifyCosignature } from './note'

/** That a witness saw this checkpoint extend all it saw before, and when. */
export type Cosigned = { readonly witness: string; readonly host: string; readonly at: string }

/** A checkpoint that was kept where this log's database is not. `at` is null where nobody outside put a time to it. */
export type View = {
  readonly from: string
  readonly size: number
  readonly root: Uint8Array
  readonly at: string | null
  readonly cosigned: readonly Cosigned[]
  /** Said by the log itself: it must hold, and protects from nothing. */
  readonly isOwn?: true
  /** By whom and when it was stamped, where it was: a time from outside, by nobody who looked at the log. */
  readonly stamped?: Stamped
}

/** That an authority stamped a checkpoint (RFC 3161): it is no younger than `at`. */
export type Stamped = { readonly by: string; readonly at: string }

/** What somebody remembered of the log without keeping the note. `from` begins a sentence. */
export type Remembered = { readonly from: string; readonly size: number; readonly root: Uint8Array }

/** A note kept elsewhere, with whatever cosignatures are on it. `from` begins a sentence. Who gives `stamped` has checked the stamp. */
export type KeptNote = { readonly from: string; readonly note: string; readonly stamped?: Stamped }

type Tools = { readonly key: LogKey; readonly witnesses: readonly PinnedWitness[]; readonly sha256: Sha256; readonly verify: Verify }

/** Reads a kept note; a clause says why it says nothing about this log. */
export function viewOf({ from, note, stamped }: KeptNote, tools: Tools): View | { readonly problem: string } {
  const opened = openCheckpoint(note, tools.key, tools.verify, tools.sha256)
  if ('problem' in opened) return opened
  const cosigned = cosignaturesOn(opened.note, tools)
  const { size, root } = opened.checkpoint
  return { from, size, root, at: latestOf(cosigned) ?? stamped?.at ?? null, cosigned, ...(stamped ? { stamped } : {}) }
}

/** A note that was kept elsewhere, read as evidence: `fault` and `doubt` are clauses on why the log's keys do not vouch for it. */
export type KeptView = { readonly view: View; readonly fault: string | null; readonly doubt: string | null }

/**
 * Reads a note that was kept where this log's database is not, whatever the database says of keys: what a pinned witness signed counts
 * by its own signature, and what a key of the log signed out of its turn is evidence of a rotation that was dated back.
 */
export function keptViewOf(kept: KeptNote, tools: Tools): KeptView | { readonly problem: string } {
  const { key, verify, sha256 } = tools
  const strict = viewOf(kept, tools)
  if (!('problem' in strict)) return { view: strict, fault: null, doubt: null }
  const note = openNote(kept.note)
  const checkpoint = 'problem' in note ? note : parseCheckpoint(note.text)
  if ('problem' in note || 'problem' in checkpoint || checkpoint.origin !== key.name) return strict
  const isOurs = !('problem' in openKept(kept.note, key, verify, sha256))
  const cosigned = cosignaturesOn(note, tools)
  if (!isOurs && cosigned.length === 0) return strict
  const view: View = { from: kept.from, size: checkpoint.size, root: checkpoint.root, at: latestOf(cosigned), cosigned }
  return isOurs ? { view, fault: strict.problem, doubt: null } : { view, fault: null, doubt: strict.problem }
}

/** Up to where the log is stamped, by whom and when. */
export type StampedTo = Stamped & { readonly size: number }

/** The largest stamped size of views that this log leads to; null where there is none. */
export function stampedTo(views: readonly View[]): StampedTo | null {
  const [largest] = views.flatMap(({ size, stamped }) => (stamped ? [{ ...stamped, size }] : [])).sort((a, b) => b.size - a.size)
  return largest ?? null
}

/** What the witnesses' newest cosignatures in the database say of the checkpoints under them: one view for each witness that signed any. */
export function viewsOfCosignatures(stored: readonly StoredCosignature[], tools: Tools): readonly View[] {
  const views: View[] = []
  for (const witness of tools.witnesses) {
    const view = newestOf(witness, stored, tools)
    if (view) views.push(view)
  }
  return views
}

function newestOf(witness: PinnedWitness, stored: readonly StoredCosignature[], tools: Tools): View | null {
  for (const { note, line } of stored) {
    if (!line.startsWith(`— ${witness.name} `)) continue
    const view = viewOf({ from: `Witness ${witness.name}`, note: `${note}${line.trimEnd()}\n` }, { ...tools, witnesses: [witness] })
    if ('size' in view && view.cosigned.length > 0) return view
  }
  return null
}

function cosignaturesOn(note: Note, { witnesses, sha256, verify }: Tools): readonly Cosigned[] {
  const cosigned: Cosigned[] = []
  for (const { name, vkey, host } of witnesses) {
    const key = readVkey(vkey, sha256)
    const seconds = key ? verifyCosignature(note, key, verify, sha256) : null
    if (seconds !== null && seconds < LATEST_SECONDS) cosigned.push({ witness: name, host, at: new Date(seconds * 1_000).toISOString() })
  }
  return cosigned
}

/** The year 9999: what lies beyond has no ISO form that sorts. */
const LATEST_SECONDS = 253_402_300_800

const latestOf = (cosigned: readonly Cosigned[]): string | null =>
  cosigned.reduce<string | null>((latest, { at }) => (latest === null || at > latest ? at : latest), null)

/** Up to where enough witnesses on different hosts saw the log, and since when none of what came after was seen. */
export type Anchor = { readonly size: number; readonly at: string; readonly by: readonly Cosigned[] }

/** The largest size that at least `threshold` witnesses have seen, by views that this log leads to. Null where there is none. */
export function anchorOf(views: readonly View[], threshold: number): Anchor | null {
  const newest = new Map<string, Cosigned & { readonly size: number }>()
  for (const view of views)
    for (const cosigned of view.cosigned)
      if ((newest.get(cosigned.host)?.size ?? -1) <= view.size) newest.set(cosigned.host, { ...cosigned, size: view.size })
  const bySize = [...newest.values()].sort((a, b) => b.size - a.size).slice(0, Math.max(1, threshold))
  const last = bySize.at(-1)
  if (!last || bySize.length < Math.max(1, threshold)) return null
  const by = bySize.map(({ witness, host, at }) => ({ witness, host, at }))
  return { size: last.size, at: last.at, by }
}
