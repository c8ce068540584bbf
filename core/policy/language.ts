import type { z } from 'zod'
import type { Json } from '../json'
import { toCase, toDocument } from './aliases'
import type { Case, Places, PolicyDocument } from './document'
import { casesJsonSchema, policyJsonSchema } from './json-schema'
import { checkPolicy, checkTests } from './language-checks'
import { expectation, type Fault, faultsOf, problemOf, type Told, withoutEchoes } from './language-problems'
import type { Problem } from './model'
import { spanOfValue } from './places'
import { casesSchema, type PolicyForm, policySchema } from './schema'
import { MAX_PROBLEMS, readYaml, type YamlText } from './yaml-text'

/** Deriving the schema takes longer than reading a policy, and only a misspelt key needs it. */
const policyKeys = once(policyJsonSchema)
const casesKeys = once(casesJsonSchema)

export type ParsedPolicy = { readonly document: PolicyDocument | null; readonly problems: readonly Problem[]; readonly places: Places }

/**
 * A policy text as one document, alias-normalised (DESIGN §4). `document` is null if there is any problem; `problems` are in the order of
 * the text and each names its place. Never throws, whatever the text; reads at most 256 KiB. Lint is not part of it (`lint.ts`).
 */
export function parsePolicy(text: string): ParsedPolicy {
  const { form, problems, told } = readPolicy(text)
  if (!form || !told) return { document: null, problems, places: { rules: [] } }
  const rules = form.rules.map((_, index) => told.lines.place(spanOfValue(told.root, ['rules', index])))
  return { document: toDocument(form), problems, places: { rules } }
}

/** A policy as it is written, and the text it stands in, for those who have more to say about it. */
export function readPolicy(text: string): Interpreted<PolicyForm> {
  return interpretPolicy(readYaml(text), validating(policySchema))
}

/** A policy whose YAML was read already; `validate` answers what the schema would. */
export function interpretPolicy(yaml: YamlText, validate: Validate<PolicyForm>): Interpreted<PolicyForm> {
  return interpret(yaml, validate, policyKeys, checkPolicy)
}

export type ParsedCases = { readonly cases: readonly Case[] | null; readonly problems: readonly Problem[] }

/** The cases of `<name>.cases.yaml`: a map with `tests`. With the policy they belong to, the rules they name must exist. */
export function parseCases(text: string, policy?: PolicyDocument): ParsedCases {
  const rules = policy?.rules
  const { form, problems } = interpret(readYaml(text), validating(casesSchema), casesKeys, (cases) =>
    rules ? checkTests(cases.tests, rules) : [],
  )
  return { cases: form ? form.tests.map(toCase) : null, problems }
}

export type Interpreted<Form> = { readonly form: Form | null; readonly problems: readonly Problem[]; readonly told: Told | null }

export type Validated<Form> =
  | { readonly form: Form; readonly issues?: never }
  | { readonly form?: never; readonly issues: readonly Issue[] }
export type Validate<Form> = (value: Json) => Validated<Form>
type Issue = z.core.$ZodIssue

export const validating =
  <Schema extends z.ZodType>(schema: Schema): Validate<z.infer<Schema>> =>
  (value) => {
    const parsed = schema.safeParse(value, { error: expectation })
    return parsed.success ? { form: parsed.data } : { issues: parsed.error.issues }
  }

/** Text, shape, then meaning: each is only asked once the one before has nothing to say. */
function interpret<Form>(
  yaml: YamlText,
  validate: Validate<Form>,
  jsonSchema: () => ReturnType<typeof policyJsonSchema>,
  check: (form: Form) => readonly Fault[],
): Interpreted<Form> {
  const { root, lines } = yaml
  if (!root) return { form: null, problems: inOrder(yaml.problems), told: null }
  const told: Told = { root, lines, schema: jsonSchema }
  const { form, issues } = validate(root.value)
  const faults = issues ? withoutEchoes(issues.slice(0, MAX_PROBLEMS).flatMap((issue) => faultsOf(told, issue))) : check(form)
  const problems = faults.slice(0, MAX_PROBLEMS).map((fault) => problemOf(told, fault))
  return { form: !issues && problems.length === 0 ? form : null, problems: inOrder(problems), told }
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const sorted = [...problems].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return sorted.slice(0, MAX_PROBLEMS)
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => {
    made ??= make()
    return made
  }
}
