/** What people write who know another policy language, and what they mean here. */
const SYNONYMS = new Map<string, readonly string[]>(
  Object.entries({
    effect: ['action'],
    decision: ['action', 'expect'],
    outcome: ['action', 'expect'],
    permission: ['action'],
    tools: ['tool'],
    name: ['id', 'tool'],
    toolName: ['tool'],
    servers: ['server'],
    agent: ['principal'],
    user: ['principal'],
    conditions: ['when'],
    condition: ['when'],
    if: ['when'],
    on: ['when'],
    match: ['when'],
    limits: ['constraints'],
    bounds: ['constraints'],
    description: ['reason'],
    message: ['reason'],
    comment: ['reason'],
    labels: ['metadata'],
    paths: ['allowedPaths', 'within'],
    roots: ['within'],
    hosts: ['domains'],
    timeout: ['expires'],
    ttl: ['expires'],
    cases: ['tests'],
    arguments: ['args'],
    params: ['args'],
    defaultAction: ['default'],
    policies: ['rules'],
    statements: ['rules'],
    apiVersion: ['version'],
    eq: ['equals'],
    ne: ['not'],
    regex: ['matches'],
    pattern: ['matches'],
    has: ['contains', 'exists'],
    ask: ['escalate'],
    approve: ['escalate'],
    reject: ['deny'],
    permit: ['allow'],
    refuse: ['deny'],
    forbid: ['deny'],
  }),
)

/** The word that was probably meant, or null where nothing is near enough to be worth saying. */
export function suggest(written: string, valid: readonly string[]): string | null {
  if (written.length > 64) return null
  const plain = bare(written)
  const known = SYNONYMS.get(written)?.find((word) => valid.includes(word)) ?? valid.find((word) => bare(word) === plain)
  return known ?? nearest(plain, valid)
}

function nearest(plain: string, valid: readonly string[]): string | null {
  const allowed = plain.length <= 4 ? 1 : plain.length <= 8 ? 2 : 3
  const near = valid.map((word) => ({ word, distance: editDistance(plain, bare(word)) })).filter(({ distance }) => distance <= allowed)
  return near.sort((left, right) => left.distance - right.distance)[0]?.word ?? null
}

const bare = (word: string): string => word.toLowerCase().replace(/[-_\s]/g, '')

/** Damerau-Levenshtein (adjacent swaps count one), restricted form. */
export function editDistance(left: string, right: string): number {
  let older: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const steps = [at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + (same ? 0 : 1)]
      current.push(Math.min(...steps, ...(swapped ? [at(older, column - 2) + 1] : [])))
    }
    older = previous
    previous = current
  }
  return at(previous, right.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY
