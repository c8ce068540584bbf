'use client'

import { convergenceOf } from '../gateways/standing'
import type { LiveData } from '../live/live-data'
import { useLive } from '../live/use-live'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'

type InForceBadgeProps = { readonly inForce: LiveData['policies']; readonly gateways: LiveData['gateways'] }

/** What is in force, and whether every gateway that answers enforces it. */
export function InForceBadge(drawn: InForceBadgeProps) {
  const { data: inForce } = useLive('policies', drawn.inForce)
  const { data: gateways } = useLive('gateways', drawn.gateways)
  const { current, of } = convergenceOf(gateways, null)
  const isWhole = current === of
  return (
    <Link
      href="/gateways"
      className={cn(
        'inline-flex h-6 min-w-0 items-center gap-1.5 rounded-md border px-2 text-xs tabular-nums hover:bg-hover',
        isWhole ? 'border-line bg-raised text-quiet' : 'border-held-line bg-held-back text-held',
      )}
    >
      <span className="hidden lg:inline">in force</span>
      <span className="truncate font-medium text-ink">
        <PoliciesInForce inForce={inForce} />
      </span>
      <span aria-hidden="true" className="hidden sm:inline">
        ·
      </span>
      <span className="hidden whitespace-nowrap sm:inline">{gatewayWords(current, of)}</span>
    </Link>
  )
}

function PoliciesInForce({ inForce }: { readonly inForce: LiveData['policies'] }) {
  if (inForce === null || inForce.policies.length === 0) return 'no policy'
  const [only] = inForce.policies
  if (only === undefined || inForce.policies.length > 1) return `${inForce.policies.length} policies`
  return (
    <>
      <Specimen text={only.name} plain /> <span className="ml-0.5">v{only.version}</span>
    </>
  )
}

const gatewayWords = (current: number, of: number): string => {
  if (of === 0) return 'no gateway'
  const all = `${of} ${of === 1 ? 'gateway' : 'gateways'}`
  return current === of ? all : `${current} of ${all}`
}
