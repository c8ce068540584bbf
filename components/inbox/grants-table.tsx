'use client'

import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { failureOf, useVerb } from '../policies/use-verb'
import { Specimen } from '../specimen'
import { AlertDialog } from '../ui/alert-dialog'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import { say } from '../ui/toast'
import { Countdown } from './countdown'
import { cardHref } from './inbox-shown'
import { StoredShape } from './shape-words'

/** A grant as it is listed. Strings may be hostile; `shape` is null for those who may not see what calls carry. */
export type GrantShown = {
  readonly id: string
  readonly hold: string
  readonly principal: string
  readonly server: string
  readonly tool: string
  readonly shape: string | null
  readonly used: number
  readonly most: number
  readonly calls: readonly string[]
  readonly madeBy: string
  readonly madeAt: string
  readonly expiresAt: string
  readonly endedAt: string | null
  readonly endedBy: string | null
  readonly endedBecause: 'revoked' | 'expired' | null
  readonly isOpen: boolean
}

type End = (id: string) => Promise<Outcome>

type GrantsTableProps = { readonly grants: readonly GrantShown[]; readonly nowMs: number; readonly end: End | null }

/** Who let what through, how much of it is left, and the calls that used it. */
export function GrantsTable({ grants, nowMs, end }: GrantsTableProps) {
  return (
    <ul aria-label="Grants" className="space-y-3">
      {grants.map((grant) => (
        <li key={grant.id} className="rounded-md border border-line px-4 py-3">
          <Grant grant={grant} nowMs={nowMs} end={end} />
        </li>
      ))}
    </ul>
  )
}

type GrantProps = { readonly grant: GrantShown; readonly nowMs: number; readonly end: End | null }

function Grant({ grant, nowMs, end }: GrantProps) {
  const { tool, server, principal, used, most, expiresAt, isOpen, shape } = grant
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <h3 className="min-w-0 font-medium">
          <Specimen text={tool} plain />
          <span className="font-normal text-quiet">
            {' '}
            on <Specimen text={server} plain /> for <Specimen text={principal} plain />
          </span>
        </h3>
        <span className="flex flex-wrap items-center gap-3 text-sm">
          <Standing grant={grant} />
          <span className="tabular-nums">{isOpen ? `${most - used} of ${most} left` : `used ${used} of ${most}`}</span>
          {isOpen && <Countdown until={expiresAt} nowMs={nowMs} before="ends in " />}
          {isOpen && end && <EndGrant id={grant.id} end={end} />}
        </span>
      </div>
      {shape !== null && (
        <div className="mt-2 text-sm">
          <StoredShape shape={shape} />
        </div>
      )}
      <Story grant={grant} />
    </>
  )
}

function Standing({ grant: { isOpen, endedBecause, used, most } }: { readonly grant: GrantShown }) {
  if (isOpen) return <Badge tone="good">open</Badge>
  if (endedBecause === 'revoked') return <Badge tone="bad">taken back</Badge>
  return <Badge>{used === most ? 'used up' : 'expired'}</Badge>
}

function Story({ grant: { hold, calls, madeBy, madeAt, endedBy, endedAt } }: { readonly grant: GrantShown }) {
  return (
    <p className="mt-2 flex flex-wrap gap-x-3 gap-y-1 text-quiet text-sm">
      <span className="[&_bdi]:font-sans">
        made by <Specimen text={madeBy} plain /> <RelativeTime at={madeAt} /> from{' '}
        <Link href={cardHref(hold)} className="rounded-sm underline underline-offset-2 hover:text-ink">
          {hold}
        </Link>
      </span>
      {endedBy !== null && endedAt !== null && (
        <span className="[&_bdi]:font-sans">
          taken back by <Specimen text={endedBy} plain /> <RelativeTime at={endedAt} />
        </span>
      )}
      {calls.length > 0 && (
        <span>
          used by{' '}
          {calls.map((call, at) => (
            <span key={call}>
              {at > 0 && ', '}
              <Link href={`/activity/${call}`} className="rounded-sm font-mono underline underline-offset-2 hover:text-ink">
                {call.slice(0, 10)}
              </Link>
            </span>
          ))}
        </span>
      )}
    </p>
  )
}

function EndGrant({ id, end }: { readonly id: string; readonly end: End }) {
  const [open, setOpen] = useState(false)
  const { run, pending, failed } = useVerb(end, () => {
    setOpen(false)
    say.done('The grant is taken back.')
  })
  return (
    <AlertDialog
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm" look="danger">
          Take back
        </Button>
      }
      title="Take this grant back?"
      description="The next call like it waits for people again. Calls that ran under it stay as they are."
      action={
        <Button look="danger" pending={pending} onClick={() => run(id)}>
          Take back
        </Button>
      }
    >
      {failed && (
        <Callout tone="bad" className="mt-3">
          {failureOf(failed)}
        </Callout>
      )}
    </AlertDialog>
  )
}
