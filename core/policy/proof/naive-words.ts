const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** The closed lists of the language page, copied by hand: a second reading of them. */
export const CONTENT_NAMES = words('content newtext oldtext body')

export const PATH_NAMES = words('path paths file files filename dir directory source destination')

export const URL_NAMES = words('url urls uri')

export const COMMAND_NAMES = words('command cmd')
