import type { Json } from '../json'

/* What the input schema of a tool says of its arguments, as far as somebody who fills them in wants to know. */

type Schema = { readonly [keyword: string]: Json }
const isSchema = (value: Json | undefined): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The arguments a definition names, as far as it does. */
export const argumentsOf = (schema: Json): readonly string[] =>
  isSchema(schema) && isSchema(schema.properties) ? Object.keys(schema.properties) : []

/** Those it can't do without. */
export const requiredOf = (schema: Json): readonly string[] =>
  isSchema(schema) && Array.isArray(schema.required) ? schema.required.filter((name: Json): name is string => typeof name === 'string') : []

/** Something of the type that the definition asks for. */
export function plainValue(schema: Json, name: string): Json {
  const properties = isSchema(schema) && isSchema(schema.properties) ? schema.properties : {}
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined
  if (!isSchema(property)) return 'text'
  if (Array.isArray(property.enum) && property.enum[0] !== undefined) return property.enum[0] as Json
  if (property.default !== undefined) return property.default
  return PLAIN[String(property.type)] ?? 'text'
}

const PLAIN: { readonly [type: string]: Json } = {
  string: 'text',
  number: 1,
  integer: 1,
  boolean: false,
  array: [],
  object: {},
  null: null,
}
