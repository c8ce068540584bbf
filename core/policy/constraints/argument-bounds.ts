import { AppError } from '../../errors'
import { quote } from '../../quote'
import type { Argument, Constraint, Envelope, Verdict } from '../model'
import { argumentAt, argumentSteps } from '../subjects-path'
import { every, unknown } from './verdicts'

/** Judges one argument that is there. `name` is fit for a sentence. */
export type ArgumentTest = (value: Argument, name: string) => Verdict

/** A bound made of one test per argument. An argument that is missing or can't be reached leaves it unknown. */
export function boundArguments<Form>(
  name: string,
  forms: { readonly [argument: string]: Form },
  compile: (form: Form, argument: string) => ArgumentTest,
): Constraint {
  const tests = Object.entries(forms).map(([argument, form]) => {
    const steps = argumentSteps(argument)
    if (!steps) throw new AppError('invalid', `${JSON.stringify(argument)} is not the path of an argument`)
    return { steps, name: quote(argument), test: compile(form, argument) }
  })
  const judge = (call: Envelope, { steps, name: told, test }: (typeof tests)[number]): Verdict => {
    const found = argumentAt(call.args, steps)
    return found.at === 'found' ? test(found.value, told) : unknown(`the call has no argument ${told}`)
  }
  return { name, check: (call) => every(tests, (test) => judge(call, test)) }
}
