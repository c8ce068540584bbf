import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { casesJsonSchema, keysAt, policyJsonSchema } from './json-schema'

const read = (name: string) => parse(readFileSync(join(import.meta.dirname, '../../policies', name), 'utf8'))

describe.each(['draft-2020-12', 'draft-7'] as const)('the JSON Schema (%s)', (target) => {
  const schema = z.fromJSONSchema(policyJsonSchema(target) as Parameters<typeof z.fromJSONSchema>[0])

  test.each(['founding', 'filesystem', 'browser', 'database', 'shell', 'memory'])('accepts %s.yaml', (name) => {
    expect(schema.safeParse(read(`${name}.yaml`)).error?.issues).toBeUndefined()
  })

  test.each([
    { what: 'an unknown key', change: { extra: 1 } },
    { what: 'an unknown key in a rule', change: { rules: [{ tool: 'a', action: 'allow', acton: 'deny' }] } },
    { what: 'an unknown constraint', change: { rules: [{ tool: 'a', action: 'allow', constraints: { allowPaths: ['/a'] } }] } },
    { what: 'an action of its own', change: { rules: [{ tool: 'a', action: 'maybe' }] } },
    { what: 'a version that is a number', change: { version: 1 } },
    { what: 'a tool that is a number', change: { rules: [{ tool: 1, action: 'deny' }] } },
  ])('refuses $what', ({ change }) => {
    expect(schema.safeParse({ ...read('founding.yaml'), ...change }).success).toBe(false)
  })
})

test('the cases of a policy have a schema too', () => {
  const schema = z.fromJSONSchema(casesJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])
  expect(schema.safeParse(read('founding.cases.yaml')).success).toBe(true)
  expect(schema.safeParse({ tests: [{ call: {}, expect: 'deny', why: 'x' }] }).success).toBe(false)
})

test.each([
  { path: [], has: ['version', 'rules', 'default'] },
  { path: ['rules', 3], has: ['tool', 'action', 'constraints'] },
  { path: ['rules', 0, 'principal'], has: ['match', 'asserted'] },
  { path: ['rules', 0, 'constraints', 'allowedPaths'], has: ['within', 'args', 'encoding', 'relativeTo'] },
  { path: ['rules', 0, 'when', 'any', 1, 'not', 'args.x'], has: ['equals', 'startsWith', 'exists'] },
  { path: ['rules', 0, 'metadata'], has: [] },
])('the keys valid at $path', ({ path, has }) => {
  expect(keysAt(policyJsonSchema(), path)).toEqual(expect.arrayContaining(has))
})
