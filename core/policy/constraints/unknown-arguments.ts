import type { Json } from '../../json'
import { quote } from '../../quote'
import { type Argument, type Constraint, InexactNumber, type Verdict } from '../model'
import { every, holds, unknown, violated } from './verdicts'

type Schema = { readonly [keyword: string]: Json }
type Members = { readonly [key: string]: Argument }

/** JSON Schema keywords through which an object may have members that `properties` does not name. */
export const openingKeywords: readonly string[] = [
  '$dynamicRef',
  '$ref',
  'allOf',
  'anyOf',
  'dependentSchemas',
  'dependencies',
  'else',
  'if',
  'not',
  'oneOf',
  'patternProperties',
  'then',
  'unevaluatedProperties',
]

const MAX_DEPTH = 64

/** Every member of the arguments, at every level, must be named by `properties` of the pinned input schema. */
export function compileNoUnknownArguments(wanted: boolean): Constraint | null {
  if (!wanted) return null
  return {
    name: 'noUnknownArguments',
    check: (call, { pin }) =>
      pin ? checkMembers(call.args, pin.inputSchema, 0) : unknown('no accepted definition of the tool names its arguments'),
  }
}

function checkMembers(members: Members, schema: Json | undefined, depth: number): Verdict {
  if (depth > MAX_DEPTH) return unknown('the arguments are nested too deeply')
  if (!isObject(schema))
    return Object.keys(members).length === 0 ? holds : unknown('the accepted definition does not say which arguments there are')
  const properties = isObject(schema.properties) ? schema.properties : {}
  return every(Object.keys(members), (key) => {
    if (Object.hasOwn(properties, key)) return checkValue(members[key] as Argument, properties[key], depth + 1)
    if (isOpen(schema)) return unknown(`the accepted definition may or may not permit the argument ${quote(key)}`)
    return violated(`the accepted definition of the tool has no argument ${quote(key)}`)
  })
}

function checkValue(value: Argument, schema: Json | undefined, depth: number): Verdict {
  if (typeof value !== 'object' || value === null || value instanceof InexactNumber) return holds
  if (!Array.isArray(value)) return checkMembers(value as Members, schema, depth)
  return every(value as readonly Argument[], (item) => checkValue(item, isObject(schema) ? schema.items : undefined, depth + 1))
}

/** `additionalProperties: false` closes a schema, leaving it out says nothing; any other value opens it. */
const isOpen = (schema: Schema): boolean =>
  openingKeywords.some((keyword) => Object.hasOwn(schema, keyword)) || (schema.additionalProperties ?? false) !== false

const isObject = (value: Json | undefined): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)
