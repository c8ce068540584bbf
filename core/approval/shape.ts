import { AppError } from '../errors'
import { type Shown, shownText } from './arguments'

/**
 * What one argument of a granted call may be: the very value (as `shownText` writes it), a path inside a folder, a number from 0 up to one, or a
 * text up to so many UTF-16 units.
 */
export type Bound =
  | { readonly is: 'equal'; readonly text: string }
  | { readonly is: 'within'; readonly folder: string }
  | { readonly is: 'atMost'; readonly limit: number }
  | { readonly is: 'upTo'; readonly length: number }

/** Every argument a granted call has, and there is no other. By name, in order. */
export type Shape = readonly { readonly name: string; readonly bound: Bound }[]

/** How somebody widened single arguments of the held call; all others stay equal. */
export type Choices = readonly { readonly name: string; readonly bound: Exclude<Bound, { is: 'equal' }> }[]

/**
 * The shape of a held call: each of its arguments equal, or bounded as chosen. Throws AppError('invalid') for a choice about an argument that
 * the call does not have, or one that the call itself does not fit: a grant never reaches beyond what was looked at.
 */
export function shapeOf(args: Shown, choices: Choices): Shape {
  const members = args.is === 'object' ? args.members : []
  const chosen = new Map(choices.map(({ name, bound }) => [name, bound]))
  if (choices.some(({ name }) => !members.some(({ key }) => key === name)) || chosen.size !== choices.length)
    throw new AppError('invalid', 'A bound names an argument that the held call does not have, or one twice.')
  const shape = members.map(({ key, value }) => ({ name: key, bound: chosen.get(key) ?? { is: 'equal' as const, text: shownText(value) } }))
  if (!shape.every(({ bound }) => isSound(bound)) || !fits(shape, args))
    throw new AppError('invalid', 'The held call itself does not lie within these bounds.')
  return shape
}

/** Whether a call lies inside: the same arguments, each within its bound. */
export function fits(shape: Shape, args: Shown): boolean {
  if (args.is !== 'object' || args.members.length !== shape.length) return false
  const bounds = new Map(shape.map(({ name, bound }) => [name, bound]))
  return args.members.every(({ key, value }) => {
    const bound = bounds.get(key)
    return bound !== undefined && isWithin(bound, value)
  })
}

function isWithin(bound: Bound, value: Shown): boolean {
  switch (bound.is) {
    case 'equal':
      return shownText(value) === bound.text
    case 'within':
      return value.is === 'text' && isInside(bound.folder, value.text)
    case 'atMost':
      return value.is === 'number' && isUpTo(bound.limit, value.literal)
    case 'upTo':
      return value.is === 'text' && value.text.length <= bound.length
  }
}

// Digits that a double holds exactly and nothing else: whoever reads the number later must not read another.
const isUpTo = (limit: number, literal: string): boolean => /^(?:0|[1-9]\d{0,14})$/.test(literal) && Number(literal) <= limit

/** Only a path with one reading is inside anything: absolute, plain components, nothing that a server or its shell might decode or expand. */
const PLAIN_PATH = /^(?:\/[^/\\%~*?[\]{}$`\p{C}\p{Zl}\p{Zp}]+)+$/u
/** Dots and nothing that is seen, or a blank at an end: what some systems read as "..", or as a name of its own without the blank. */
const DISGUISED = /^[.\s\u2800]*$|^\s|\s$/
/** As the most lenient server takes it: dots of any width are dots, and what is not drawn is not there. */
const lenient = (part: string): string => part.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '')

function isPlain(path: string): boolean {
  if (!PLAIN_PATH.test(path)) return false
  const parts = path.slice(1).split('/').map(lenient)
  return PLAIN_PATH.test(`/${parts.join('/')}`) && !parts.some((part) => part.includes('/') || DISGUISED.test(part))
}

const isInside = (folder: string, path: string): boolean => isPlain(path) && path.startsWith(`${folder}/`)

/** Of a call that fits: each path with the folder it must lie in, for whoever can see where both really lead. */
export function pathsWithin(shape: Shape, args: Shown): readonly { readonly path: string; readonly folder: string }[] {
  const members = args.is === 'object' ? args.members : []
  return shape.flatMap(({ name, bound }) => {
    const value = members.find(({ key }) => key === name)?.value
    return bound.is === 'within' && value?.is === 'text' ? [{ path: value.text, folder: bound.folder }] : []
  })
}

/** Whether each of these really leads into its folder, links followed: one that nobody could follow does not. */
export const leadsInside = (paths: ReturnType<typeof pathsWithin>, real: ReadonlyMap<string, string | null>): boolean =>
  paths.every(({ path, folder }) => {
    const [leads, into] = [real.get(path), real.get(folder)]
    return typeof leads === 'string' && typeof into === 'string' && leads.startsWith(`${into}/`)
  })

function isSound(bound: Bound): boolean {
  if (bound.is === 'within') return isPlain(bound.folder)
  if (bound.is === 'atMost') return Number.isSafeInteger(bound.limit) && bound.limit >= 0
  return bound.is === 'equal' || (Number.isSafeInteger(bound.length) && bound.length >= 0 && bound.length <= 65_536)
}

/** The one text of a shape: what is stored and signed. */
export const shapeText = (shape: Shape): string =>
  JSON.stringify(
    [...shape]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, bound }) => [
        name,
        bound.is,
        bound.is === 'equal' ? bound.text : bound.is === 'within' ? bound.folder : bound.is === 'atMost' ? bound.limit : bound.length,
      ]),
  )

/** Reads it back; null for what is no shape. */
export function parseShape(text: string): Shape | null {
  try {
    const value: unknown = JSON.parse(text)
    if (!Array.isArray(value)) return null
    const shape = value.map(memberFrom)
    const members = shape.filter((member) => member !== null)
    return members.length === shape.length && shapeText(members) === text ? members : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function memberFrom(value: unknown): Shape[number] | null {
  if (!Array.isArray(value) || value.length !== 3) return null
  const [name, is, what] = value as readonly unknown[]
  const bound = boundFrom(is, what)
  return typeof name === 'string' && bound !== null && isSound(bound) ? { name, bound } : null
}

function boundFrom(is: unknown, what: unknown): Bound | null {
  if (typeof what === 'string') return is === 'equal' ? { is, text: what } : is === 'within' ? { is, folder: what } : null
  if (typeof what !== 'number') return null
  return is === 'atMost' ? { is, limit: what } : is === 'upTo' ? { is, length: what } : null
}
