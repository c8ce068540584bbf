/** Whether a value from outside has this form: as written, no member more and none less. Answers false for anything; never throws. */
export type Shape = (value: unknown) => boolean

export const text: Shape = (value) => typeof value === 'string'
export const count: Shape = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
export const truth: Shape = (value) => typeof value === 'boolean'
export const is =
  (expected: unknown): Shape =>
  (value) =>
    value === expected
export const matching =
  (pattern: RegExp): Shape =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
export const orNull =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value)
export const listOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape)
export const valuesOf =
  (shape: Shape): Shape =>
  (value) =>
    isMembers(value) && Object.values(value).every(shape)
export const members =
  (shapes: { readonly [name: string]: Shape }): Shape =>
  (value) =>
    isMembers(value) &&
    Object.keys(value).length === Object.keys(shapes).length &&
    Object.entries(shapes).every(([name, shape]) => Object.hasOwn(value, name) && shape(value[name]))

const isMembers = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
