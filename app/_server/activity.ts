import 'server-only'
import type { Chart } from '../../components/activity/explorer'
import type { Choice, Choices } from '../../components/activity/filter-bar'
import { FACETS, type Facet, type Place, type Question } from '../../core/activity/question'
import type { Actor } from '../../core/roles'
import { type ActivityPage, listActivity } from '../../db/activity'
import { foldActivity } from '../../db/activity-fold'
import { type NamedDigest, policiesMet } from '../../db/activity-policies'
import { listMet, tallyCalls } from '../../db/activity-tallies'
import { listViews } from '../../db/views'
import { database } from './database'

export const PAGE_ROWS = 50
const CHOICES = 200
const POLICIES = 200

/** One page of the explorer with all that stands around it. `behind`: entries that the explorer does not know yet; null where it had no time to find out. */
export async function readExplorer(actor: Actor, question: Question, place: Place | null, chart: Chart) {
  const folded = await foldActivity(database())
  const [page, tallies, met, policies, views] = await Promise.all([
    readPage(question, place),
    tallyCalls(database(), question, chart),
    listMet(
      database(),
      FACETS.filter((facet) => facet !== 'session'),
      CHOICES,
    ),
    policiesMet(database(), POLICIES),
    listViews(database(), actor),
  ])
  return { page, tallies, choices: choicesOf(met, policies), policies, views, behind: folded?.behind ?? null }
}

/** Upwards from a page near the top there may be less than a page: then the first page is what was meant. */
async function readPage(question: Question, place: Place | null): Promise<ActivityPage & { readonly isTop: boolean }> {
  const page = await listActivity(database(), question, place, PAGE_ROWS)
  if (place?.side !== 'after' || page.newer) return { ...page, isTop: place === null }
  return { ...(await listActivity(database(), question, null, PAGE_ROWS)), isTop: true }
}

function choicesOf(met: Awaited<ReturnType<typeof listMet>>, policies: readonly NamedDigest[]): Choices {
  const named = new Map(policies.map(({ digest, name, version }) => [digest, `${name} version ${version}`]))
  const choices: { [facet in Facet]?: readonly Choice[] } = {}
  for (const facet of FACETS)
    choices[facet] = (met[facet] ?? []).map(({ name }) => ({ value: name, word: facet === 'digest' ? (named.get(name) ?? null) : null }))
  return choices
}
