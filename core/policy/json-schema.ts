import { z } from 'zod'
import type { Json } from '../json'
import type { Path } from './places'
import { casesSchema, policySchema } from './schema'

export type JsonSchema = { readonly [key: string]: Json }

/** JSON Schema of a policy text as it may be written, derived from the zod schema. `draft-7` is what editors read. */
export function policyJsonSchema(target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12'): JsonSchema {
  return z.toJSONSchema(policySchema, { io: 'input', target }) as JsonSchema
}

/** JSON Schema of `<name>.cases.yaml`. */
export function casesJsonSchema(target: 'draft-2020-12' | 'draft-7' = 'draft-2020-12'): JsonSchema {
  return z.toJSONSchema(casesSchema, { io: 'input', target }) as JsonSchema
}

/** The keys that may stand in the object at `path`, whichever form it takes. */
export function keysAt(root: JsonSchema, path: Path): readonly string[] {
  return [...new Set(schemasAt(root, path).flatMap((place) => Object.keys(membersOf(place.properties))))]
}

/** Every form that the value at `path` may take. */
export function schemasAt(root: JsonSchema, path: Path): readonly JsonSchema[] {
  let places = unfold(root, root)
  for (const step of path) places = places.flatMap((place) => stepInto(root, place, step))
  return places
}

function stepInto(root: JsonSchema, place: JsonSchema, step: string | number): JsonSchema[] {
  if (typeof step === 'number') return unfold(root, place.items)
  const members = membersOf(place.properties)
  return unfold(root, Object.hasOwn(members, step) ? members[step] : place.additionalProperties)
}

/** The alternatives of a schema, with references followed. */
function unfold(root: JsonSchema, schema: Json | undefined): JsonSchema[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return []
  const found = schema as JsonSchema
  if (typeof found.$ref === 'string') return unfold(root, referenced(root, found.$ref))
  if (Array.isArray(found.anyOf)) return found.anyOf.flatMap((option: Json) => unfold(root, option))
  return [found]
}

function referenced(root: JsonSchema, reference: string): Json | undefined {
  const steps = reference.split('/').slice(1)
  return steps.reduce<Json | undefined>((found, step) => membersOf(found)[step], root)
}

function membersOf(value: Json | undefined): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {}
}
