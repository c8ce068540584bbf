import type { Fault } from '../../core/errors'

/** What an action of the page answers: a value, or a sentence on why not. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault | 'failed'; readonly because: string; readonly reference?: string }

/** A text as it is kept. Revision 0 was never saved. `by` is a name for people, `at` ISO 8601. */
export type DraftText = { readonly text: string; readonly revision: number; readonly by: string | null; readonly at: string | null }

/** A conflict is a value, so that the other text travels with it: nothing is lost. */
export type Saved =
  | { readonly saved: true; readonly revision: number; readonly at: string }
  | { readonly saved: false; readonly theirs: DraftText }

/** An action that could not be reached is one more answer. */
export async function answered<T>(work: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await work()
  } catch (error) {
    if (isNextControl(error)) throw error
    return { ok: false, fault: 'failed', because: 'The console did not answer; your text is still here. Try again.' }
  }
}

/** A redirect travels as an error with a digest of Next's own. */
const isNextControl = (error: unknown): boolean =>
  error instanceof Error && 'digest' in error && typeof error.digest === 'string' && error.digest.startsWith('NEXT_')

export const whyNot = (answer: { readonly because: string; readonly reference?: string }): string =>
  answer.reference ? `${answer.because} (reference ${answer.reference})` : answer.because
