import type { ReactNode } from 'react'
import { type Facet, type Question, toggled } from '../../core/activity/question'
import { endOf, reasonOf, standingOf } from '../decision-words'
import { OutcomeBadge } from '../outcome-badge'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { CallMenu } from './call-menu'
import { durationWords, type ExplorerRow, hrefOf, type Shown } from './explorer'

type ActivityTableProps = {
  readonly rows: readonly ExplorerRow[]
  readonly shown: Shown
  /** The policy whose draft opens for a call; null for whoever may not change one. */
  readonly policyOf: ((row: ExplorerRow) => string) | null
}

/** Decisions, newest first. A row leads to its entry; a server, a principal or a rule to all of its calls. */
export function ActivityTable({ rows, shown, policyOf }: ActivityTableProps) {
  return (
    <Table caption="Decisions, newest first" className="md:table-fixed">
      <TableHead>
        <HeadCell className="md:w-28">Time (UTC)</HeadCell>
        <HeadCell className="md:w-24">Decision</HeadCell>
        <HeadCell>Tool</HeadCell>
        <HeadCell className="md:w-[10%]">Server</HeadCell>
        <HeadCell className="md:w-[12%]">Principal</HeadCell>
        <HeadCell className="md:w-[24%]">Why</HeadCell>
        <HeadCell className="md:w-[13%]">What became of it</HeadCell>
        <HeadCell numeric className="md:w-18">
          Took
        </HeadCell>
        <HeadCell className="md:w-11">
          <span className="sr-only">More</span>
        </HeadCell>
      </TableHead>
      <TableBody data-rows="">
        {rows.map((row) => (
          <Row key={`${row.writer}:${row.seq}`} row={row} shown={shown} policy={policyOf?.(row) ?? null} />
        ))}
      </TableBody>
    </Table>
  )
}

const LINK = 'rounded-sm hover:underline'

function Row({ row, shown, policy }: { readonly row: ExplorerRow; readonly shown: Shown; readonly policy: string | null }) {
  return (
    <TableRow className="align-baseline has-[a[data-row]:focus-visible]:bg-hover">
      <Cell className="order-2 whitespace-nowrap text-right text-quiet tabular-nums md:text-left">
        <time dateTime={row.recordedAt} title={`${row.recordedAt} (UTC)`}>
          {row.recordedAt.slice(5, 10)} <span className="text-ink">{row.recordedAt.slice(11, 19)}</span>
        </time>
      </Cell>
      <Cell className="order-1">
        <OutcomeBadge standing={standingOf(row)} />
      </Cell>
      <Cell className="order-3">
        <Link href={`/activity/${encodeURIComponent(row.call)}`} data-row="" className={cn(LINK, 'line-clamp-2 font-medium')}>
          <Name text={row.tool ?? row.method} none="unnamed" />
        </Link>
      </Cell>
      <Cell label="on" className="order-5 md:order-4">
        <span className="md:line-clamp-2">
          <FacetLink shown={shown} facet="server" value={row.server} />
        </span>
      </Cell>
      <Cell label="for" className="order-6 max-md:max-w-[50vw] max-md:text-right md:order-5">
        <span className="md:line-clamp-2">
          <FacetLink shown={shown} facet="principal" value={row.principal} />
        </span>
      </Cell>
      <Cell wide className="order-7 md:order-6">
        <Why row={row} shown={shown} />
      </Cell>
      <Cell className="order-8 text-quiet md:order-7">{row.isGone ? 'The log no longer holds this entry.' : endOf(row)}</Cell>
      <Cell numeric className="order-9 text-right text-quiet md:order-8">
        {row.durationMs === null ? <span className="hidden md:inline">–</span> : durationWords(row.durationMs)}
      </Cell>
      <Cell className="-my-2.5 -mr-3 order-4 justify-self-end md:mx-0 md:my-0 md:px-1 md:py-0.5 md:align-top">
        <CallMenu call={row.call} policy={policy} />
      </Cell>
    </TableRow>
  )
}

function Why({ row, shown }: { readonly row: ExplorerRow; readonly shown: Shown }) {
  return (
    <span className="line-clamp-2">
      {capital(reasonOf(row))}
      {row.rule !== null && (
        <>
          {' · '}
          <FacetLink shown={shown} facet="rule" value={row.rule} />
        </>
      )}
      {row.constraint !== null && (
        <>
          {' · '}
          <Specimen text={row.constraint} plain wraps />
        </>
      )}
    </span>
  )
}

/** A name that leads to everything under it. */
function FacetLink({ shown, facet, value }: { readonly shown: Shown; readonly facet: Facet; readonly value: string }): ReactNode {
  if (value === '') return <Name text="" none="none" />
  if (isOnly(shown.question, facet, value)) return <Name text={value} none="none" />
  return (
    <Link href={hrefOf({ ...shown, question: toggled(shown.question, facet, value) })} className={LINK}>
      <Name text={value} none="none" />
    </Link>
  )
}

const isOnly = ({ facets }: Question, facet: Facet, value: string): boolean => facets[facet]?.includes(value) ?? false

function Name({ text, none }: { readonly text: string; readonly none: string }) {
  return text === '' ? <span className="text-quiet">{none}</span> : <Specimen text={text} plain wraps />
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
