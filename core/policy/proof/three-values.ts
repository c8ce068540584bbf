/** Kleene's third value is null. */
export type Three = true | false | null

export const all = (values: readonly Three[]): Three => (values.includes(false) ? false : values.includes(null) ? null : true)

export const any = (values: readonly Three[]): Three => (values.includes(true) ? true : values.includes(null) ? null : false)

export const not = (value: Three): Three => (value === null ? null : !value)

/** A bound over everything found: one subject that can't be read leaves the bound unknown, whatever the others say. */
export const surely = (values: readonly Three[]): Three => (values.includes(null) ? null : !values.includes(false))
