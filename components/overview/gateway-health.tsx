'use client'

import { type GatewayRow, gatewayStanding, NEEDS_LOOK } from '../gateways/standing'
import { StandingBadge } from '../gateways/standing-badge'
import { enforcedWords } from '../gateways/standing-words'
import { useGateways } from '../gateways/use-gateways'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'

const SHOWN = 8

/** The gateways in a few lines, those that need a look first; it keeps itself current. */
export function GatewayHealth({ drawn }: { readonly drawn: readonly GatewayRow[] }) {
  const { rows, elapsedMs } = useGateways(drawn)
  const all = rows
    .map((row) => ({ row, standing: gatewayStanding(row, elapsedMs) }))
    .filter(({ standing }) => standing !== 'stopped')
    .sort((a, b) => Number(NEEDS_LOOK.has(b.standing)) - Number(NEEDS_LOOK.has(a.standing)))
  if (all.length === 0) return <p className="py-1 text-quiet text-sm">No gateway is running.</p>
  return (
    <>
      <ul>
        {all.slice(0, SHOWN).map(({ row, standing }) => (
          <li key={row.id} className="flex h-8 items-center gap-2.5 text-sm">
            <span className="w-24 shrink-0">
              <StandingBadge standing={standing} />
            </span>
            <span className="min-w-0 flex-1 truncate">
              <Specimen text={row.server} plain />{' '}
              <span className="ml-1 text-quiet text-xs">
                <Specimen text={row.host} plain />
              </span>
            </span>
            <span className="shrink-0 text-quiet tabular-nums">{enforcedWords(row)}</span>
            <RelativeTime at={row.lastSeen} className="w-16 shrink-0 text-right text-quiet text-xs" />
          </li>
        ))}
      </ul>
      {all.length > SHOWN && (
        <p className="py-1 text-sm">
          <Link href="/gateways" className="rounded-sm text-quiet hover:text-ink hover:underline">
            and {all.length - SHOWN} more
          </Link>
        </p>
      )}
    </>
  )
}
