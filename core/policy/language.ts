import type { z } from 'zod'
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
  return interpret(readYaml(text), policySchema, policyKeys, checkPolicy)
}

export type ParsedCases = { readonly cases: readonly Case[] | null; readonly problems: readonly Problem[] }

/** The cases of `<name>.cases.yaml`: a map with `tests`. With the policy they belong to, the rules they name must exist. */
export function parseCases(text: string, policy?: PolicyDocument): ParsedCases {
  const rules = policy?.rules
  const { form, problems } = interpret(readYaml(text), casesSchema, casesKeys, (cases) => (rules ? checkTests(cases.tests, rules) : []))
  return { cases: form ? form.tests.map(toCase) : null, problems }
}

type Interpreted<Form> = { readonly form: Form | null; readonly problems: readonly Problem[]; readonly told: Told | null }

/** Text, shape, then meaning: each is only asked once the one before has nothing to say. */
function interpret<Schema extends z.ZodType>(
  yaml: YamlText,
  schema: Schema,
  jsonSchema: () => ReturnType<typeof policyJsonSchema>,
  check: (form: z.infer<Schema>) => readonly Fault[],
): Interpreted<z.infer<Schema>> {
  const { root, lines } = yaml
  if (!root) return { form: null, problems: inOrder(yaml.problems), told: null }
  const told: Told = { root, lines, schema: jsonSchema }
  const parsed = schema.safeParse(root.value, { error: expectation })
  const faults = parsed.success
    ? check(parsed.data)
    : withoutEchoes(parsed.error.issues.slice(0, MAX_PROBLEMS).flatMap((issue) => faultsOf(told, issue)))
  const problems = faults.slice(0, MAX_PROBLEMS).map((fault) => problemOf(told, fault))
  return { form: parsed.success && problems.length === 0 ? parsed.data : null, problems: inOrder(problems), told }
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
