import { quote } from '../../quote'
import type { PathsForm } from '../document'
import type { Constraint, Envelope, Facts, FactsNeeded, Verdict } from '../model'
import { folded, withoutStreams } from './folding'
import {
  askedAbout,
  compilePathSet,
  type PathSet,
  pathsNeeded,
  pathsToAsk,
  type Reading,
  readSubject,
  told,
  tooManyReadings,
} from './path-sets'
import { type RealPaths, realRoots, realSpot } from './real-paths'
import { Roots } from './roots'
import type { Spot } from './spots'
import { findSubjects, type Subject } from './subjects'
import { every, hit, holds, none, unknown, violated } from './verdicts'

const NO_PATH = unknown('the call names no path')

/** Every reading of every path must lie inside a folder, component by component, and so must its real path where links can be seen. */
export function compileAllowedPaths(form: PathsForm): Constraint {
  const bound = new AllowedPaths(compilePathSet(form, 'allow'))
  return { name: 'allowedPaths', check: (call, facts) => bound.check(call, facts), needs: (call) => bound.needs(call) }
}

class AllowedPaths {
  private readonly roots: Roots

  constructor(private readonly set: PathSet) {
    this.roots = new Roots(set.folders)
  }

  check(call: Envelope, { realpaths }: Facts): Verdict {
    const { found, trouble } = findSubjects(call.args, 'path', this.set.ways)
    if (trouble !== null) return unknown(trouble)
    if (found.length === 0) return NO_PATH
    return found.length === 1 ? this.judge(found[0] as Subject, realpaths) : every(found, (subject) => this.judge(subject, realpaths))
  }

  private judge(subject: Subject, real: RealPaths | null): Verdict {
    if (subject.clean && !this.roots.containClean(subject.text)) return this.outside(subject, subject.text)
    if (subject.clean && (real === null || this.isWithoutLinks(subject.text, real))) return holds
    const readings = readSubject(subject, this.set)
    return readings ? every(readings, (reading) => this.judgeReading(subject, reading, real)) : tooManyReadings(subject)
  }

  private judgeReading(subject: Subject, { text, located }: Reading, real: RealPaths | null): Verdict {
    if ('because' in located) return unknown(`${told(subject.text, text)} ${located.because}`)
    if (!this.roots.contain(located.spot)) return this.outside(subject, text)
    return real === null ? holds : this.judgeReal(subject, located.spot, real)
  }

  private judgeReal({ text }: Subject, spot: Spot, real: RealPaths): Verdict {
    const roots = realRoots(this.set.folderPaths, this.roots, real, { demandAll: false })
    if (!roots) return unknown(`${this.set.words} could not be found on disk`)
    return every(askedAbout(spot), (path) => {
      const leads = realSpot(path, real)
      if (!leads) return unknown(`where ${quote(text)} really leads could not be found out`)
      return roots.contain(leads)
        ? holds
        : violated(`${quote(text)} really leads to ${quote(real.get(path) ?? '')}, outside ${this.set.words}`)
    })
  }

  /** The common case, without taking the path apart: it and the folders are where they say. */
  private isWithoutLinks(cleanPath: string, real: RealPaths): boolean {
    const path = withoutSlash(cleanPath)
    return real.get(path) === path && this.set.folderPaths.every((folder) => real.get(folder) === folder)
  }

  private outside({ text }: Subject, reading: string): Verdict {
    return violated(`${told(text, reading)} is outside ${this.set.words}`)
  }

  needs(call: Envelope): FactsNeeded {
    return pathsNeeded(call, this.set, (subject) => {
      if (!subject.clean) return pathsToAsk(subject, this.set, (spot) => this.roots.contain(spot))
      return this.roots.containClean(subject.text) ? [withoutSlash(subject.text)] : null
    })
  }
}

/**
 * No reading of a path may lie inside a folder or above one, compared as the most lenient file system would, and no real path may. So
 * that a link into a denied folder is seen, whatever is not already a hit is resolved.
 */
export function compileDeniedPaths(form: PathsForm): Constraint {
  const bound = new DeniedPaths(compilePathSet(form, 'deny'))
  return { name: 'deniedPaths', check: (call, facts) => bound.check(call, facts), needs: (call) => bound.needs(call) }
}

class DeniedPaths {
  private readonly roots: Roots

  constructor(private readonly set: PathSet) {
    this.roots = new Roots(set.folders, folded)
  }

  check(call: Envelope, { realpaths }: Facts): Verdict {
    const { found, trouble } = findSubjects(call.args, 'path', this.set.ways)
    const verdict = none(found, (subject) => this.judge(subject, realpaths))
    if (verdict.is === 'false' || (found.length > 0 && trouble === null)) return verdict
    return trouble === null ? NO_PATH : unknown(trouble)
  }

  private judge(subject: Subject, real: RealPaths | null): Verdict {
    const readings = readSubject(subject, this.set)
    return readings ? none(readings, (reading) => this.judgeReading(subject, reading, real)) : tooManyReadings(subject)
  }

  private judgeReading(subject: Subject, { text, located }: Reading, real: RealPaths | null): Verdict {
    if ('because' in located) return unknown(`${told(subject.text, text)} ${located.because}`)
    if (touches(this.roots, located.spot)) return hit(`${told(subject.text, text)} touches ${this.set.words}`)
    return real === null ? holds : this.judgeReal(subject, located.spot, real)
  }

  private judgeReal({ text }: Subject, spot: Spot, real: RealPaths): Verdict {
    const roots = realRoots(this.set.folderPaths, this.roots, real, { form: folded, demandAll: true })
    if (!roots) return unknown(`${this.set.words} could not be found on disk`)
    return none(askedAbout(spot), (path) => {
      const leads = realSpot(path, real)
      if (!leads) return unknown(`where ${quote(text)} really leads could not be found out`)
      if (!touches(roots, leads) && !touches(this.roots, leads)) return holds
      return hit(`${quote(text)} really leads to ${quote(real.get(path) ?? '')}, which touches ${this.set.words}`)
    })
  }

  needs(call: Envelope): FactsNeeded {
    return pathsNeeded(call, this.set, (subject) => pathsToAsk(subject, this.set, (spot) => !touches(this.roots, spot)))
  }
}

const withoutSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

function touches(roots: Roots, spot: Spot): boolean {
  if (roots.relationOf(spot) !== 'apart') return true
  const bare = withoutStreams(spot)
  return bare !== spot && roots.relationOf(bare) !== 'apart'
}
