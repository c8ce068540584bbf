/**
 * Names that lead into the machine or its network, or nowhere public: RFC 6761, 6762, 7686, 8375 and 9476, ICANN's `.internal`, and the
 * private names that SAC 113 and resolvers know. Each stands for itself and everything below it. A change is a change of the language
 * version. A name without a dot is special too, whatever it is: only a local search list resolves it.
 */
export const specialHosts: readonly string[] = [
  'alt',
  'corp',
  'home',
  'home.arpa',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'onion',
  'private',
  'test',
]

const SPECIAL = new Set(specialHosts)

/** `name`: lower case, A-labels, no dot at the end. */
export const isSpecialHost = (name: string): boolean => !name.includes('.') || ancestors(name).some((suffix) => SPECIAL.has(suffix))

/** `a.b.c` -> `b.c`, `c`. */
export function ancestors(name: string): string[] {
  const found: string[] = []
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) found.push(name.slice(dot + 1))
  return found
}
