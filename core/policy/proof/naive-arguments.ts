import type { Argument } from '../model'
import { CONTENT_NAMES } from './naive-words'

type Tree = { readonly [key: string]: Argument }

/** A string of the call: a value, or a key. `at` is its dotted place, `name` the nearest key above it. */
export type Leaf = { readonly text: string; readonly name: string; readonly at: string; readonly exempt: boolean; readonly isKey: boolean }

export const isList = (value: unknown): value is readonly Argument[] => Array.isArray(value)

/** A plain object; an inexact number is an instance of its own class. */
export const isTree = (value: unknown): value is Tree => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

export const isInexact = (value: unknown): boolean => typeof value === 'object' && value !== null && !isList(value) && !isTree(value)

/** The value at a dotted place; undefined when nothing is there. */
export function valueAt(args: Tree, dotted: string): Argument | undefined {
  let here: Argument | undefined = args
  for (const key of dotted.replace(/^args\./, '').split('.')) {
    if (!isTree(here) || !Object.hasOwn(here, key)) return undefined
    here = here[key]
  }
  return here
}

const parsedContainer = (text: string): Argument | undefined => {
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text) as Argument
  } catch {
    return undefined
  }
}

/** Every string under `value`, keys and the inside of nested JSON texts included. */
export function leavesOf(value: Argument | undefined, name: string, at: string, exempt = false): Leaf[] {
  if (typeof value === 'string') {
    const inner = exempt ? undefined : parsedContainer(value)
    const self: Leaf = { text: value, name, at, exempt, isKey: false }
    return inner === undefined ? [self] : [self, ...leavesOf(inner, name, at)]
  }
  if (isList(value)) return value.flatMap((item) => leavesOf(item, name, at, exempt))
  if (!isTree(value)) return []
  return Object.entries(value).flatMap(([key, child]) => {
    const place = at === '' ? key : `${at}.${key}`
    const keyLeaf: Leaf = { text: key, name: key, at: place, exempt: false, isKey: true }
    return [keyLeaf, ...leavesOf(child, key, place, exempt || CONTENT_NAMES.has(key.toLowerCase()))]
  })
}

/** True for a JSON text whose inside was taken apart; a key never is. */
export const isUnfolded = ({ text, isKey }: Leaf): boolean => !isKey && parsedContainer(text) !== undefined

/** Text was expected, and something else is there; null and an empty list are nothing at all. */
export const hasWrongType = (value: unknown): boolean => {
  if (typeof value === 'number' || typeof value === 'boolean') return true
  return isList(value) ? value.some(hasWrongType) : isTree(value)
}

/** True when an argument whose name promises text, at any depth, holds a number or a boolean. */
export const wrongTypeUnder = (value: unknown, promisesText: (name: string) => boolean): boolean => {
  if (isList(value)) return value.some((item) => wrongTypeUnder(item, promisesText))
  if (!isTree(value)) return false
  return Object.entries(value).some(([name, child]) => {
    const direct = isList(child) ? child : [child]
    if (promisesText(name.toLowerCase()) && direct.some((one) => typeof one === 'number' || typeof one === 'boolean')) return true
    return wrongTypeUnder(child, promisesText)
  })
}
