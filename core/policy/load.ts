import { type CompiledPolicy, type CompileFault, tryCompile } from './compile'
import type { Places, PolicyDocument } from './document'
import { parsePolicy } from './language'
import type { Place, Problem } from './model'

export type LoadedPolicy = {
  readonly policy: CompiledPolicy | null
  readonly document: PolicyDocument | null
  readonly problems: readonly Problem[]
}

const TOP: Place = Object.freeze({ line: 1, column: 1, endLine: 1, endColumn: 1 })

/** Reads and compiles a policy text. `policy` is null if there is any error; every problem names its place. Never throws for a bad text. */
export function loadPolicy(text: string): LoadedPolicy {
  const { document, problems, places } = parsePolicy(text)
  if (!document) return { policy: null, document: null, problems }
  const { policy, faults } = tryCompile(document, places)
  return { policy, document, problems: [...problems, ...problemsOf(faults, places)] }
}

export const problemsOf = (faults: readonly CompileFault[], places: Places): readonly Problem[] =>
  faults.map(({ rule, message }) => {
    const place = rule === null ? TOP : (places.rules[rule] ?? TOP)
    return { severity: 'error', code: 'does_not_compile', message, place }
  })
