'use client'

import { convergenceOf, type GatewayRow } from '../gateways/standing'
import { useLive } from '../live/use-live'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'

/** How many gateways enforce what is in force, kept current. `policy` null: of all policies, as a guardrail has it. */
export function ConvergenceWords({ drawn, policy }: { readonly drawn: readonly GatewayRow[]; readonly policy: string | null }) {
  const { data } = useLive('gateways', drawn)
  const { current, of, silent } = convergenceOf(data, policy)
  const words = of === 0 ? 'no gateway' : current === of ? `${of} ${of === 1 ? 'gateway' : 'gateways'}` : `${current} of ${of} gateways`
  return (
    <Link href="/gateways" className={cn('tabular-nums hover:underline', current < of ? 'text-held' : 'text-quiet')}>
      {words}
      {silent > 0 && `, ${silent} silent`}
    </Link>
  )
}
