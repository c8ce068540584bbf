'use client'

import { Specimen } from '../specimen'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { type GatewayRow, gatewayStanding, NEEDS_LOOK, type StandingWord } from './standing'
import { StandingBadge } from './standing-badge'
import { enforcedWords, meaningOf } from './standing-words'
import { useGateways } from './use-gateways'

/** Every gateway that was heard of, those that need a look first; it keeps itself current. */
export function GatewayTable({ drawn }: { readonly drawn: readonly GatewayRow[] }) {
  const { rows, elapsedMs } = useGateways(drawn)
  const shown = rows.map((row) => ({ row, standing: gatewayStanding(row, elapsedMs) })).sort((a, b) => rank(a.standing) - rank(b.standing))
  return (
    <Table caption="Gateways, those that need a look first">
      <TableHead>
        <HeadCell>Server</HeadCell>
        <HeadCell>Standing</HeadCell>
        <HeadCell>Enforces</HeadCell>
        <HeadCell>Host</HeadCell>
        <HeadCell>Program</HeadCell>
        <HeadCell>Started</HeadCell>
        <HeadCell numeric>Heard of</HeadCell>
      </TableHead>
      <TableBody>
        {shown.map(({ row, standing }) => (
          <GatewayLine key={row.id} row={row} standing={standing} elapsedMs={elapsedMs} />
        ))}
      </TableBody>
    </Table>
  )
}

/** What needs a look, what answers, what is gone; within each as the database orders them. */
const rank = (standing: StandingWord): number => {
  if (NEEDS_LOOK.has(standing)) return 0
  return standing === 'stopped' ? 2 : 1
}

/** Where a gateway's own word says more than ours. */
const WITH_REASON: ReadonlySet<StandingWord> = new Set(['nothing', 'degraded', 'behind', 'silent'])

type LineProps = { readonly row: GatewayRow; readonly standing: StandingWord; readonly elapsedMs: number }

function GatewayLine({ row, standing, elapsedMs }: LineProps) {
  const meaning = meaningOf(standing, row, elapsedMs)
  return (
    <TableRow className={standing === 'stopped' ? 'text-quiet' : ''}>
      <Cell className="order-1 font-medium md:min-w-28">
        <Specimen text={row.server} plain />
      </Cell>
      <Cell className="order-2">
        <StandingBadge standing={standing} />
      </Cell>
      <Cell wide className="order-3 md:w-full">
        <Specimen text={row.policy} plain /> <span className="ml-0.5 tabular-nums">{enforcedWords(row)}</span>
        {row.digest !== null && (
          <span className="ml-2 font-mono text-quiet text-xs" title={row.digest}>
            {row.digest.slice(0, 10)}
          </span>
        )}
        {meaning !== null && <span className="text-quiet max-md:block md:ml-3">{meaning}</span>}
        {row.because !== null && WITH_REASON.has(standing) && (
          <span className="max-md:block md:ml-2 [&_bdi]:font-sans">
            <Specimen text={row.because} plain />
          </span>
        )}
      </Cell>
      <Cell className="order-4 text-quiet md:min-w-56">
        <Specimen text={row.host} plain />
      </Cell>
      <Cell className="order-6 hidden text-quiet tabular-nums md:table-cell">
        <Specimen text={row.version} plain />
      </Cell>
      <Cell className="order-6 hidden text-quiet md:table-cell">
        <RelativeTime at={row.startedAt} />
      </Cell>
      <Cell numeric className="order-5 text-quiet">
        <RelativeTime at={row.lastSeen} />
      </Cell>
    </TableRow>
  )
}
