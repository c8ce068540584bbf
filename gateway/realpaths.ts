import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const LIMIT_MS = 1_000
/** Of paths to ask about at once: above what the readings of a sane call come to, far below what fills the memory. */
const MAX_PATHS = 10_000

/**
 * Real path of the nearest existing ancestor of each absolute path, plus what is left of it. Null where that can't be told: a dangling
 * link, a loop, no permission, a file system that does not answer within a second, or more paths than anybody asks about.
 */
export async function resolveRealpaths(paths: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  const real = new Map<string, string | null>(paths.map((path) => [path, null]))
  if (real.size > MAX_PATHS) return real
  const time: Time = { isUp: false }
  const resolve = async (path: string): Promise<void> => {
    const leads = await realpathOfNearest(path, time)
    if (!time.isUp) real.set(path, leads)
  }
  await withinLimit(Promise.all([...real.keys()].map(resolve)), time)
  return real
}

/** What is late looks no further: a slow disk is not asked for what nobody waits for. */
type Time = { isUp: boolean }

/** Whether the same paths still resolve as they did when the call was judged. */
export async function stillResolves(before: ReadonlyMap<string, string | null>): Promise<boolean> {
  if (before.size === 0) return true
  const now = await resolveRealpaths([...before.keys()])
  for (const [path, real] of before) if (now.get(path) !== real) return false
  return true
}

/** Walked as the kernel walks it: `b/../a` behind a link is where the link leads, not `a`. What is missing can't be climbed out of. */
async function realpathOfNearest(path: string, time: Time): Promise<string | null> {
  const rest: string[] = []
  for (let place = path; !time.isUp; place = dirname(place)) {
    try {
      const real = await realpath(place)
      return rest.includes('..') ? null : join(real, ...rest)
    } catch (error) {
      if (!isMissing(error) || (await exists(place)) || place === dirname(place)) return null
    }
    rest.unshift(basename(place))
  }
  return null
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

async function withinLimit(work: Promise<unknown>, time: Time): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LIMIT_MS)
  })
  await Promise.race([work, late])
  time.isUp = true
  clearTimeout(timer)
}
