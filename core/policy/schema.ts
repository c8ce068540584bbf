import { z } from 'zod'
import { constraintsSchema } from './schema-constraints'
import { duration, glob, jsonValue, listOf, metadata, oneOrMore, regex, strict, text } from './schema-words'

/*
 * The one definition of the policy language as it is written. `aliases.ts` turns what passes here into a `PolicyDocument`; `language.ts`
 * adds what takes more than one key to see.
 */

export const ACTIONS = ['allow', 'deny', 'escalate', 'block', 'require_approval', 'review'] as const

const action = z.enum(ACTIONS).describe('allow, deny (also: block) or escalate (also: require_approval, review).')

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const comparable = z.union([z.number(), z.string()])

const tests = strict({
  equals: jsonValue.optional(),
  not: jsonValue.optional(),
  startsWith: z.string().optional(),
  endsWith: z.string().optional(),
  contains: scalar.optional(),
  matches: regex.optional(),
  gt: comparable.optional(),
  gte: comparable.optional(),
  lt: comparable.optional(),
  lte: comparable.optional(),
  in: listOf(jsonValue).optional(),
  exists: z.boolean().optional(),
}).refine((form) => Object.keys(form).length > 0, 'This condition is empty; name an operator, such as equals.')

/** What is asked of one subject: a bare value means `equals`. */
const subjectTest = z.union([scalar, tests])

/** Subjects are checked by name in `conditions.ts`, where a misspelt one can be told what was meant. */
export const whenSchema = z
  .object({
    get all() {
      return listOf(whenSchema).optional()
    },
    get any() {
      return listOf(whenSchema).optional()
    },
    get not() {
      return whenSchema.optional()
    },
  })
  .catchall(subjectTest)
  .describe('Conditions on args.<name>, annotations.<name>, time.…, session.… and tool.…; all of them must hold.')

const approval = {
  approvers: oneOrMore(text).optional().describe('Roles, groups or people who may decide; role approver by default.'),
  quorum: z.int('a whole number of people').min(1, 'at least 1 person').max(20, 'at most 20 people').optional(),
  expires: duration.optional().describe('Time to decide; 15m by default.'),
  useWithin: duration.optional().describe('Time to use an approval; 5m by default.'),
  notify: oneOrMore(text).optional().describe('Who is told that a call waits.'),
}

export const APPROVAL_KEYS = ['approvers', 'quorum', 'expires', 'useWithin', 'notify'] as const satisfies readonly (keyof typeof approval)[]

const principal = z.union([
  oneOrMore(glob),
  strict({
    match: oneOrMore(glob),
    asserted: z.literal('ok', 'ok, or left out').optional().describe('ok: also an identity that nobody authenticated (stdio).'),
  }),
])

export const ruleSchema = strict({
  id: text.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes and underscores, at most 64').optional(),
  tool: oneOrMore(glob).optional().describe('Tool name or glob: * any run, ? one character, {a,b} either.'),
  server: oneOrMore(glob).optional().describe('Server name or glob.'),
  principal: principal.optional().describe("The agent's identity."),
  method: oneOrMore(glob).optional().describe('MCP method; tools/call unless given.'),
  when: whenSchema.optional(),
  action,
  otherwise: z.enum(['escalate', 'require_approval', 'review']).optional().describe('On an allow: ask a person when a bound is broken.'),
  constraints: constraintsSchema.optional(),
  reason: text.max(500, 'at most 500 characters').optional().describe('Shown to the agent and to reviewers.'),
  ...approval,
  metadata: metadata.optional(),
})

export const caseSchema = strict({
  name: text.optional(),
  call: strict({
    tool: text.optional(),
    method: text.optional(),
    server: text.optional(),
    principal: text.optional(),
    authenticated: z.boolean().optional(),
    args: z.record(z.string(), jsonValue).optional(),
    annotations: z.record(z.string(), jsonValue).optional().describe('Of the pinned definition; the tool counts as pinned and listed.'),
    at: z.iso.datetime({ error: 'a time in UTC, such as 2026-01-31T12:00:00Z' }).optional(),
  }),
  expect: action,
  rule: text.optional().describe('The rule that must decide: its id, rule-<n>, or default.'),
  constraint: text.optional().describe('The constraint that must be named.'),
})

const version = z.literal('1', '"1", the text, in quotes: version: "1"').describe('The version of this language.')

export const policySchema = strict({
  version,
  kind: z.enum(['policy', 'guardrail']).optional(),
  default: z
    .enum([...ACTIONS, 'none'])
    .optional()
    .describe('What happens to a call that no rule selects; deny unless given.'),
  rules: z.array(ruleSchema).describe('Read top to bottom; the first rule that selects the call decides it.'),
  ...approval,
  metadata: metadata.optional(),
  tests: listOf(caseSchema).optional(),
})

/** `<name>.cases.yaml`. */
export const casesSchema = strict({ version: version.optional(), tests: listOf(caseSchema) })

export type PolicyForm = z.infer<typeof policySchema>
export type RuleForm = z.infer<typeof ruleSchema>
export type WhenForm = z.infer<typeof whenSchema>
export type CaseForm = z.infer<typeof caseSchema>
export type ConstraintsForm = z.infer<typeof constraintsSchema>
export type TestsForm = z.infer<typeof tests>
