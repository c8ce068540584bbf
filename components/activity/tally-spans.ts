import type { Chart } from './explorer'

/** Calls by time and name as the server counted them; times are ISO 8601, names may be hostile. */
export type TalliesShown = {
  readonly widthMs: number
  readonly from: string
  readonly to: string
  readonly tallies: readonly { readonly at: string; readonly name: string; readonly calls: number }[]
}

export type Span = { readonly from: string; readonly to: string; readonly calls: number; readonly byName: ReadonlyMap<string, number> }
export type Layer = { readonly name: string; readonly calls: number; readonly fill: string; readonly dot: string }

const OUTCOME_LOOK: { readonly [name: string]: Pick<Layer, 'fill' | 'dot'> } = {
  deny: { fill: 'fill-deny-line', dot: 'bg-deny-line' },
  escalate: { fill: 'fill-held-line', dot: 'bg-held-line' },
  allow: { fill: 'fill-allow-line', dot: 'bg-allow-line' },
}

/** Colour means an outcome and nothing else here, so names are shades of the one accent, and the legend says which. */
const SHADES = [
  { fill: 'fill-accent', dot: 'bg-accent' },
  { fill: 'fill-accent/75', dot: 'bg-accent/75' },
  { fill: 'fill-accent/55', dot: 'bg-accent/55' },
  { fill: 'fill-accent/40', dot: 'bg-accent/40' },
  { fill: 'fill-accent/28', dot: 'bg-accent/28' },
  { fill: 'fill-accent/18', dot: 'bg-accent/18' },
]
const REST = { fill: 'fill-edge/50', dot: 'bg-edge/50' }

/** Spans without holes, because a missing bar would be read as missing time, and one layer for each name, the most called at the foot. */
export function stack({ widthMs, from, to, tallies }: TalliesShown, chart: Chart) {
  const sums = new Map<string, number>()
  const byAt = new Map<number, Map<string, number>>()
  for (const { at, name, calls } of tallies) {
    sums.set(name, (sums.get(name) ?? 0) + calls)
    const here = byAt.get(Date.parse(at)) ?? new Map<string, number>()
    byAt.set(Date.parse(at), here.set(name, (here.get(name) ?? 0) + calls))
  }
  const spans = spansOf(byAt, widthMs, Date.parse(from), Date.parse(to))
  return { spans, layers: layersOf(sums, chart), most: Math.max(0, ...spans.map(({ calls }) => calls)) }
}

/** Where the server begins its spans: a Monday. */
const ORIGIN_MS = Date.UTC(2000, 0, 3)
const MOST_SPANS = 400

function spansOf(byAt: ReadonlyMap<number, ReadonlyMap<string, number>>, widthMs: number, fromMs: number, toMs: number): readonly Span[] {
  const first = ORIGIN_MS + Math.floor((fromMs - ORIGIN_MS) / widthMs) * widthMs
  const count = Math.min(MOST_SPANS, Math.max(1, Math.ceil((toMs - first) / widthMs)))
  return Array.from({ length: count }, (_, at) => {
    const start = first + at * widthMs
    const byName = byAt.get(start) ?? new Map<string, number>()
    const calls = [...byName.values()].reduce((sum, each) => sum + each, 0)
    return { from: new Date(start).toISOString(), to: new Date(start + widthMs).toISOString(), calls, byName }
  })
}

function layersOf(sums: ReadonlyMap<string, number>, chart: Chart): readonly Layer[] {
  if (chart === 'outcome')
    return [...sums]
      .map(([name, calls]) => ({ name, calls, ...(Object.hasOwn(OUTCOME_LOOK, name) ? OUTCOME_LOOK[name] : undefined) }))
      .map((layer) => ({ ...REST, ...layer }))
      .sort((a, b) => placeOf(a.name) - placeOf(b.name))
  const named = [...sums].filter(([name]) => name !== '').sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  const rest = sums.get('') ?? 0
  const layers = named.map(([name, calls], at) => ({ name, calls, ...(SHADES[at] ?? REST) }))
  return rest === 0 ? layers : [...layers, { name: '', calls: rest, ...REST }]
}

/** Refusals at the foot, where they can be compared. */
const placeOf = (name: string): number => ['deny', 'escalate', 'allow'].indexOf(name) + 1 || 9

/** `11-23 09:40`: the same on the server and in every browser. */
export const timeWords = (at: string): string => `${at.slice(5, 10)} ${at.slice(11, 16)}`
