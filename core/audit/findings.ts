export type FindingKind =
  | 'edited'
  | 'deleted'
  | 'inserted'
  | 'reordered'
  | 'renumbered'
  | 'truncated'
  | 'bad signature'
  | 'uncertified writer'
  | 'column mismatch'
  | 'bad text'
  | 'effect without right'
  | 'missing end'
  | 'second end'
  | 'second claim'
  | 'fork'
  | 'bad checkpoint'
  | 'bad log key'
  | 'bad tile'
  | 'bad run'
  | 'bad policy'

/** One thing that is wrong, where, since when it may be so, and in one sentence. */
export type Finding = {
  /** Null where it is about the log as a whole. */
  readonly writer: string | null
  readonly seq: number
  /** Its number in the sealed log; null for what was not sealed, or can't be placed. */
  readonly index: number | null
  readonly kind: FindingKind
  readonly sentence: string
  /** The time of the last good checkpoint before it: what was recorded from then until the log was looked at is in doubt. Null: all of it. */
  readonly since: string | null
}

/** What was found, before it is known when the last good checkpoint before it was made; `since` where that is not what counts. */
export type Found = Omit<Finding, 'since'> & { readonly since?: string | null | undefined }

/** What also follows from damage elsewhere: an entry that is gone leaves others without their right, or without their end. */
const CONSEQUENCES: readonly FindingKind[] = ['effect without right', 'missing end', 'second end', 'second claim']

/** What is wrong with entries themselves before what they then seem to say, by their place in the log, and within a writer by number. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const isConsequence = ({ kind }: Finding): number => Number(CONSEQUENCES.includes(kind))
  const placeOf = ({ index }: Finding): number => index ?? Number.MAX_SAFE_INTEGER
  return [...findings].sort(
    (a, b) => isConsequence(a) - isConsequence(b) || placeOf(a) - placeOf(b) || compare(a.writer ?? '', b.writer ?? '') || a.seq - b.seq,
  )
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

const FINDINGS_LIMIT = 1_000

/** Collects findings up to a limit, so that a wrecked log can't fill the memory of whoever looks at it. The same is said once. */
export class Findings {
  readonly list: Found[] = []
  private readonly said = new Set<string>()
  count = 0

  add(writer: string | null, seq: number, kind: FindingKind, sentence: string, index: number | null = null, since?: string | null): void {
    const key = `${writer} ${seq} ${kind} ${writer === null ? sentence : ''}`
    if (this.said.has(key)) return
    this.count += 1
    if (this.list.length >= FINDINGS_LIMIT) return
    this.said.add(key)
    this.list.push({ writer, seq, index, kind, sentence, since })
  }
}
