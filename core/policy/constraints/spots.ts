import { AppError } from '../../errors'

/**
 * Where a path leads, lexically: below `/`, a drive (`C:`) or a network share (`//`, whose first component is the host). `physical` is
 * set when the path climbs (`..`): the same spot as the operating system walks it, where a link before a `..` leads elsewhere.
 */
export type Spot = { readonly anchor: string; readonly parts: readonly string[]; readonly physical: string | null }

/** Either a spot or why there is none. */
export type Located = { readonly spot: Spot } | { readonly because: string }

const DRIVE = /^[A-Za-z]:/
const BLANK_OR_DOTS = /^[.\s]+$/

/** `base` is where relative paths start; without it they lead nowhere that policy knows. */
export function locate(path: string, base: Spot | null): Located {
  if (path.includes('\0')) return { because: 'holds a NUL' }
  if (path === '') return { because: 'is empty' }
  if (path.startsWith('~')) return { because: 'starts at a home folder that policy does not know' }
  if (path.startsWith('//') || path.startsWith('\\\\')) return resolve('//', [], path.slice(2).split(/[/\\]/))
  if (DRIVE.test(path)) return locateOnDrive(path)
  if (path.startsWith('/')) return resolve('/', [], path.split('/'))
  if (base) return resolve(base.anchor, base.parts, path.split(base.anchor === '/' ? '/' : /[/\\]/))
  return { because: 'is relative to a folder that policy does not know' }
}

function locateOnDrive(path: string): Located {
  if (!/^.:[/\\]/.test(path)) return { because: 'is relative to a folder of its drive' }
  return resolve(path.slice(0, 2).toUpperCase(), [], path.slice(3).split(/[/\\]/))
}

/** `..` takes one component away and stops at the anchor; `.` and empty components are nothing. */
function resolve(anchor: string, base: readonly string[], segments: readonly string[]): Located {
  const parts = [...base]
  const walked = [...base]
  let climbs = false
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue
    walked.push(segment)
    if (segment === '..') {
      climbs = true
      parts.pop()
    } else if (BLANK_OR_DOTS.test(segment)) return { because: 'has a component of dots and blanks, which some systems read as ".."' }
    else parts.push(segment)
  }
  return { spot: { anchor, parts, physical: climbs ? written(anchor, walked) : null } }
}

const written = (anchor: string, parts: readonly string[]): string =>
  anchor === '/' ? `/${parts.join('/')}` : `${anchor === '//' ? '\\\\' : `${anchor}\\`}${parts.join('\\')}`

/** The spot, and for a share what the same text is wherever a doubled slash in front means nothing: `//etc/passwd` opens `/etc/passwd`. */
export function onEverySystem(spot: Spot): readonly Spot[] {
  if (spot.anchor !== '//') return [spot]
  const physical = spot.physical === null ? null : spot.physical.slice(1).replaceAll('\\', '/')
  return [spot, { anchor: '/', parts: spot.parts, physical }]
}

/** The path that `facts.realpaths` is asked about. */
export const pathOf = (spot: Spot): string => written(spot.anchor, spot.parts)

const CLEAN = /^\/[A-Za-z0-9!#$&()+,\-./=@[\]^_{}]*$/
const MAX_CLEAN = 4096

/** Absolute, ASCII, and with one reading only: no escape, quote, blank, backslash or colon, and no component that is empty or hidden. */
export const isClean = (path: string): boolean =>
  path.length <= MAX_CLEAN && CLEAN.test(path) && !path.includes('//') && !path.includes('/.')

/** A folder named in a policy. Throws AppError `invalid` for one that is not absolute, climbs, or leans on a home folder. */
export function rootSpot(folder: string): Spot {
  const located = locate(folder, null)
  if ('because' in located) throw new AppError('invalid', `the folder ${JSON.stringify(folder)} ${located.because}`)
  if (located.spot.physical !== null)
    throw new AppError('invalid', `the folder ${JSON.stringify(folder)} climbs: write the folder that is meant`)
  return located.spot
}
