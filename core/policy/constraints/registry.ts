import type { ConstraintForms, ConstraintName } from '../document'
import type { Constraint, RuleRef } from '../model'
import { compileAllowedCommands } from './commands'
import { compileAllowedDomains, compileDeniedDomains } from './domains'
import { compileMatches } from './matches'
import { compileAllowedPaths, compileDeniedPaths } from './paths'
import { compileLengthRange, compileMaxItems, compileNumberRange } from './ranges'
import { compileRateLimit } from './rate-limit'
import { compileNoUnknownArguments } from './unknown-arguments'
import { compileAllowedValues } from './values'

type Compile<Name extends ConstraintName> = (form: NonNullable<ConstraintForms[Name]>, rule: RuleRef) => Constraint | null

const compilers: { readonly [Name in ConstraintName]: Compile<Name> } = {
  noUnknownArguments: compileNoUnknownArguments,
  deniedPaths: compileDeniedPaths,
  deniedDomains: compileDeniedDomains,
  allowedPaths: compileAllowedPaths,
  allowedDomains: compileAllowedDomains,
  allowedCommands: compileAllowedCommands,
  allowedValues: compileAllowedValues,
  matches: compileMatches,
  numberRange: compileNumberRange,
  lengthRange: compileLengthRange,
  maxItems: compileMaxItems,
  rateLimit: compileRateLimit,
}

/** Every bound of the language, in the order in which a call is put to them: what refuses for good first, rates last. */
const order = Object.keys(compilers) as ConstraintName[]

/**
 * The bounds of one rule, ready to be asked. `rule` tells rate budgets apart. Throws AppError `invalid` for a form that no policy text
 * could have (a relative folder, a pattern that does not compile).
 */
export function compileConstraints(forms: ConstraintForms, rule: RuleRef): readonly Constraint[] {
  const constraints = order.map((name) => compileOne(name, forms, rule))
  return Object.freeze(constraints.filter((constraint) => constraint !== null))
}

function compileOne<Name extends ConstraintName>(name: Name, forms: ConstraintForms, rule: RuleRef): Constraint | null {
  const form = forms[name]
  return form === undefined ? null : compilers[name](form, rule)
}
