import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const LIMIT_MS = 1_000

/**
 * Real path of the nearest existing ancestor of each absolute path, plus what is left of it. Null where that can't be told: a dangling
 * link, a loop, no permission, or a file system that does not answer within a second.
 */
export async function resolveRealpaths(paths: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  const unique = [...new Set(paths)]
  const resolved = await Promise.all(unique.map((path) => withinLimit(realpathOfNearest(path))))
  return new Map(unique.map((path, at) => [path, resolved[at] ?? null]))
}

/** Whether the same paths still resolve as they did when the call was judged. */
export async function stillResolves(before: ReadonlyMap<string, string | null>): Promise<boolean> {
  if (before.size === 0) return true
  const now = await resolveRealpaths([...before.keys()])
  for (const [path, real] of before) if (now.get(path) !== real) return false
  return true
}

/** Walked as the kernel walks it: `b/../a` behind a link is where the link leads, not `a`. What is missing can't be climbed out of. */
async function realpathOfNearest(path: string): Promise<string | null> {
  const rest: string[] = []
  for (let place = path; ; place = dirname(place)) {
    try {
      const real = await realpath(place)
      return rest.includes('..') ? null : join(real, ...rest)
    } catch (error) {
      if (!isMissing(error) || (await exists(place)) || place === dirname(place)) return null
    }
    rest.unshift(basename(place))
  }
}

/** A name that exists although its real path does not is a dangling link. */
async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    return !isMissing(error)
  }
}

const isMissing = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

async function withinLimit(path: Promise<string | null>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS, null)
  })
  const real = await Promise.race([path, late])
  clearTimeout(timer)
  return real
}
