/** How much of each kind is missing or unknown. */
export type GapCounts = { readonly unsealed: number; readonly refusals: number; readonly lost: number; readonly unresolved: number }

/** The sentences in which a bundle tells of it; a reader counts again and expects the same. */
export function gapSentences({ unsealed, refusals, lost, unresolved }: GapCounts): readonly string[] {
  const told: readonly (readonly [number, string])[] = [
    [unsealed, 'Entries that were written and not sealed yet, and are not here'],
    [refusals, 'Refusals that were answered while the log could not be written, of which only the number is recorded'],
    [lost, 'Writers that ended without saying so, and that somebody else closed'],
    [unresolved, 'Policies that decided and are not in the database, such as those of policy files'],
  ]
  return told.flatMap(([many, what]) => (many > 0 ? [`${what}: ${many}.`] : []))
}
