import type { CallSpan } from './calls-chart'

type Counted = { readonly at: string; readonly name: string; readonly calls: number }

type Tallied = { readonly widthMs: number; readonly from: string; readonly to: string; readonly tallies: readonly Counted[] }

/** What was counted by outcome, as one span after another without holes: a bar that is missing would be read as time that is missing. */
export function spansOf({ widthMs, from, to, tallies }: Tallied): readonly CallSpan[] {
  const first = Math.floor(Date.parse(from) / widthMs) * widthMs
  const count = Math.max(0, Math.ceil((Date.parse(to) - first) / widthMs))
  const startOf = ({ at }: Counted): number => Math.floor(Date.parse(at) / widthMs) * widthMs
  return Array.from({ length: count }, (_, at) => {
    const start = first + at * widthMs
    const here = tallies.filter((counted) => startOf(counted) === start)
    const of = (...names: readonly string[]) => here.filter(({ name }) => names.includes(name)).reduce((sum, { calls }) => sum + calls, 0)
    const allow = of('allow')
    const held = of('escalate')
    return {
      from: new Date(start).toISOString(),
      to: new Date(start + widthMs).toISOString(),
      allow,
      held,
      deny: here.reduce((sum, { calls }) => sum + calls, 0) - allow - held,
    }
  })
}
