import { type DecisionRow, reasonOf, standingOf } from '../decision-words'
import { OutcomeBadge } from '../outcome-badge'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'

/** The last decisions in one line each; a row leads to its entry. */
export function LastDecisions({ rows }: { readonly rows: readonly DecisionRow[] }) {
  return (
    <Table caption="The last decisions, newest first">
      <TableHead>
        <HeadCell>Decision</HeadCell>
        <HeadCell>Call</HeadCell>
        <HeadCell>Server</HeadCell>
        <HeadCell>Principal</HeadCell>
        <HeadCell className="md:w-56">Why</HeadCell>
        <HeadCell numeric>When</HeadCell>
      </TableHead>
      <TableBody>
        {rows.map((row) => (
          <TableRow key={row.call + row.at}>
            <Cell className="order-1">
              <OutcomeBadge standing={standingOf(row)} />
            </Cell>
            <Cell className="order-3 md:max-w-64">
              <Link href={`/activity/${row.call}`} className="line-clamp-2 rounded-sm hover:underline">
                <Specimen text={row.tool ?? row.method} plain wraps />
              </Link>
            </Cell>
            <Cell className="order-4 max-w-[45vw] text-right text-quiet md:max-w-48 md:text-left">
              <span className="line-clamp-2">
                <Specimen text={row.server} plain wraps />
              </span>
            </Cell>
            <Cell className="hidden text-quiet md:table-cell md:max-w-48">
              <span className="line-clamp-2">
                <Specimen text={row.principal} plain wraps />
              </span>
            </Cell>
            <Cell wide className="order-5 text-quiet">
              {reasonOf(row)}
              {row.rule !== null && (
                <>
                  {' '}
                  · <Specimen text={row.rule} plain wraps />
                </>
              )}
            </Cell>
            <Cell numeric className="order-2 text-quiet">
              <RelativeTime at={row.at} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}
