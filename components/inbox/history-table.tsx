import { RowKeys } from '../activity/row-keys'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { Names } from './decided-list'
import { answeredIn, becauseWords, STATE_WORDS } from './hold-words'
import { cardHref, type HoldRow } from './inbox-shown'

/** What became of calls that waited: who decided, when, and how fast. */
export function HistoryTable({ rows }: { readonly rows: readonly HoldRow[] }) {
  return (
    <>
      <Table caption="Decided calls, newest first">
        <TableHead>
          <HeadCell>Call</HeadCell>
          <HeadCell>End</HeadCell>
          <HeadCell>Agent</HeadCell>
          <HeadCell>Decided by</HeadCell>
          <HeadCell numeric>Answered in</HeadCell>
          <HeadCell numeric>Ended</HeadCell>
        </TableHead>
        <TableBody data-rows>
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </TableBody>
      </Table>
      <RowKeys />
    </>
  )
}

function Row({ row }: { readonly row: HoldRow }) {
  const { id, tool, server, principal, state, because, said, endedAt, openedAt } = row
  const { word, tone } = STATE_WORDS[state]
  const why = state === 'expired' || state === 'revoked' || state === 'cancelled' ? becauseWords(because) : null
  return (
    <TableRow>
      <Cell>
        <Link href={cardHref(id)} data-row className="rounded-sm font-medium hover:underline">
          <Specimen text={tool} plain />
        </Link>{' '}
        <span className="text-quiet">
          on <Specimen text={server} plain />
        </span>
      </Cell>
      <Cell>
        <Badge tone={tone}>{word}</Badge>
      </Cell>
      <Cell wide className="text-quiet">
        <Specimen text={principal} plain />
      </Cell>
      <Cell wide>
        {said.length > 0 ? <Names names={said.map(({ name }) => name)} /> : <span className="text-quiet">nobody</span>}
        {why !== null && <span className="text-quiet"> · {why}</span>}
      </Cell>
      <Cell numeric className="text-left md:text-right" label="Answered in">
        {answeredIn(row) ?? <span className="text-quiet">never</span>}
      </Cell>
      <Cell numeric>
        <RelativeTime at={endedAt ?? openedAt} className="text-quiet" />
      </Cell>
    </TableRow>
  )
}
