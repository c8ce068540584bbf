/** Kleene's three values, ordered: `all` is the least, `any` the greatest, `not` the mirror image. */
export type Truth = 0 | 1 | 2

export const FALSE: Truth = 0
export const UNKNOWN: Truth = 1
export const TRUE: Truth = 2

export const truthOf = (holds: boolean): Truth => (holds ? TRUE : FALSE)

export const negated = (truth: Truth): Truth => (2 - truth) as Truth

/** True when every item is; false as soon as one is, whatever the others; else unknown. */
export function allOf<T>(items: readonly T[], truth: (item: T) => Truth): Truth {
  let least: Truth = TRUE
  for (const item of items) {
    const one = truth(item)
    if (one === FALSE) return FALSE
    if (one < least) least = one
  }
  return least
}

/** True as soon as one item is, whatever the others; false when every item is; else unknown. */
export function anyOf<T>(items: readonly T[], truth: (item: T) => Truth): Truth {
  let greatest: Truth = FALSE
  for (const item of items) {
    const one = truth(item)
    if (one === TRUE) return TRUE
    if (one > greatest) greatest = one
  }
  return greatest
}
