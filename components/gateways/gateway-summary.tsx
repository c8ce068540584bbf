'use client'

import { convergenceOf, type GatewayRow } from './standing'
import { useGateways } from './use-gateways'

/** One sentence on all of them. */
export function GatewaySummary({ drawn }: { readonly drawn: readonly GatewayRow[] }) {
  const { rows, elapsedMs } = useGateways(drawn)
  const { current, of, silent } = convergenceOf(rows, null, elapsedMs)
  return (
    <span role="status">
      {of === 0 ? 'No gateway answers now.' : sentence(current, of)}
      {silent > 0 && ` ${silent} ${silent === 1 ? 'is' : 'are'} silent.`}
    </span>
  )
}

const sentence = (current: number, of: number): string => {
  if (current === of)
    return of === 1 ? 'The one that answers enforces what is in force.' : `All ${of} that answer enforce what is in force.`
  return `${current} of the ${of} that answer enforce what is in force.`
}
