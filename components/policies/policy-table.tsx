import { Shield } from 'lucide-react'
import type { GatewayRow } from '../gateways/standing'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { ConvergenceWords } from './convergence-words'
import { DraftBadge, type DraftStateShown } from './draft-badge'
import { PersonName, type PersonShown } from './person-name'

export type PolicyRow = {
  readonly name: string
  readonly kind: 'policy' | 'guardrail'
  readonly version: number | null
  readonly message: string
  readonly by: PersonShown | null
  /** ISO 8601. */
  readonly at: string | null
  readonly draft: { readonly state: DraftStateShown; readonly revision: number; readonly by: PersonShown; readonly at: string } | null
}

/** Each policy: what is in force, where, since when and by whom, and what is being worked on. */
export function PolicyTable({ rows, gateways }: { readonly rows: readonly PolicyRow[]; readonly gateways: readonly GatewayRow[] }) {
  return (
    <Table caption="Policies">
      <TableHead>
        <HeadCell>Policy</HeadCell>
        <HeadCell>In force</HeadCell>
        <HeadCell>Enforced by</HeadCell>
        <HeadCell>Changed</HeadCell>
        <HeadCell>Draft</HeadCell>
      </TableHead>
      <TableBody>
        {rows.map((row) => (
          <TableRow key={row.name}>
            <Cell wide>
              <Link href={`/policies/${row.name}`} className="font-medium hover:underline">
                <Specimen text={row.name} plain />
              </Link>
              {row.kind === 'guardrail' && (
                <Badge tone="accent" className="ml-2">
                  <Shield aria-hidden="true" />
                  guardrail
                </Badge>
              )}
            </Cell>
            <Cell label="In force" className="tabular-nums">
              {row.version === null ? <span className="text-quiet">not yet</span> : `v${row.version}`}
            </Cell>
            <Cell label="Enforced by">
              {row.version === null ? (
                <Nothing />
              ) : (
                <ConvergenceWords drawn={gateways} policy={row.kind === 'guardrail' ? null : row.name} />
              )}
            </Cell>
            <Cell wide>
              <Changed row={row} />
            </Cell>
            <Cell wide className={row.draft === null ? 'hidden md:table-cell' : ''}>
              <OpenDraft row={row} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

const Nothing = () => (
  <span className="text-quiet" title="Nothing">
    –
  </span>
)

function Changed({ row: { at, by, message } }: { readonly row: PolicyRow }) {
  if (at === null || by === null) return <Nothing />
  return (
    <span className="flex min-w-0 flex-wrap items-baseline gap-x-3">
      {message !== '' && (
        <span className="max-w-96 truncate max-md:w-full [&_bdi]:font-sans" title={message}>
          <Specimen text={message} plain />
        </span>
      )}
      <span className="whitespace-nowrap text-quiet">
        <RelativeTime at={at} /> by <PersonName person={by} />
      </span>
    </span>
  )
}

/** The whole document is loaded anew: the editor's page allows styles that no other page does. */
function OpenDraft({ row: { name, draft } }: { readonly row: PolicyRow }) {
  if (draft === null) return <Nothing />
  const isAsked = draft.state === 'in_review' || draft.state === 'approved'
  return (
    <a href={`/policies/${name}/${isAsked ? 'review' : 'draft'}`} className="inline-flex flex-wrap items-center gap-x-2 hover:underline">
      <DraftBadge state={draft.state} />
      <span className="text-quiet">
        by <PersonName person={draft.by} /> <RelativeTime at={draft.at} />
      </span>
    </a>
  )
}
