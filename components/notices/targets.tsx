'use client'

import { NOTICE_EVENTS } from '../../core/notices/news'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { EmptyState } from '../ui/empty-state'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { KIND_WORDS, type TargetActions, type TargetShown } from './notice-shown'
import { AddTarget } from './target-dialog'
import { TargetMenu } from './target-menu'

type TargetsProps = { readonly targets: readonly TargetShown[]; readonly actions: TargetActions }

/** Where people are told of held calls. The dialog stands beside the list: it stays when the list gets its first row. */
export function Targets({ targets, actions }: TargetsProps) {
  return (
    <>
      {targets.length === 0 ? (
        <EmptyState title="Nobody is told yet">
          <p>A call that waits for approval is seen in the inbox alone. Add where your people look: a channel, a mailbox, a pager.</p>
        </EmptyState>
      ) : (
        <TargetTable targets={targets} actions={actions} />
      )}
      <p className="mt-3">
        <AddTarget save={actions.save} />
      </p>
    </>
  )
}

function TargetTable({ targets, actions }: TargetsProps) {
  return (
    <Table caption="Destinations">
      <TableHead>
        <HeadCell>Name</HeadCell>
        <HeadCell>Kind</HeadCell>
        <HeadCell>Address</HeadCell>
        <HeadCell>Told of</HeadCell>
        <HeadCell>
          <span className="sr-only">Actions</span>
        </HeadCell>
      </TableHead>
      <TableBody>
        {targets.map((target) => (
          <TableRow key={target.id} className={target.enabled ? undefined : 'text-quiet'}>
            <Cell className="order-1">
              <TargetName target={target} />
            </Cell>
            <Cell wide label="Kind" className="order-3 text-quiet">
              {KIND_WORDS[target.kind]}
            </Cell>
            <Cell wide className="wrap-anywhere order-3">
              <Specimen text={target.address} plain />
            </Cell>
            <Cell wide label="Told of" className="order-3 text-quiet">
              {target.events.length === 0 ? 'nothing' : `${target.events.length} of ${NOTICE_EVENTS.length} events`}
            </Cell>
            {/* On a phone beside the name, where a thumb looks for it. */}
            <Cell className="order-2 md:text-right">
              <TargetMenu target={target} actions={actions} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function TargetName({ target }: { readonly target: TargetShown }) {
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2 font-medium [&_bdi]:font-sans">
      <Specimen text={target.name} plain />
      {!target.enabled && <Badge>off</Badge>}
      {!target.isOpenable && (
        <Badge tone="bad" title="What it keeps secret was sealed by another console: edit it and enter that again.">
          needs its secret
        </Badge>
      )}
    </span>
  )
}
