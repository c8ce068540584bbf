'use client'

import { useState } from 'react'
import type { SignInMethod } from '../../core/audit/entry'
import type { Outcome } from '../../core/outcome'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { RelativeTime } from '../ui/relative-time'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { say } from '../ui/toast'
import { deviceWords } from './device-words'

export type SessionRow = {
  readonly id: string
  readonly method: SignInMethod
  readonly address: string | null
  readonly agent: string | null
  readonly startedAt: string
  readonly seenAt: string
}

type SessionsTableProps = {
  readonly sessions: readonly SessionRow[]
  readonly current: string
  readonly end: (session: string) => Promise<Outcome>
  readonly endOthers: () => Promise<Outcome>
}

/** Where one is signed in, each with its end. */
export function SessionsTable({ sessions, current, end, endOthers }: SessionsTableProps) {
  return (
    <>
      <Table caption="Sessions">
        <TableHead>
          <HeadCell>Device</HeadCell>
          <HeadCell>Address</HeadCell>
          <HeadCell>Signed in</HeadCell>
          <HeadCell>Last used</HeadCell>
          <HeadCell>
            <span className="sr-only">Actions</span>
          </HeadCell>
        </TableHead>
        <TableBody>
          {sessions.map((session) => (
            <TableRow key={session.id}>
              <Cell>
                <Device agent={session.agent} /> {session.id === current && <Badge tone="accent">this one</Badge>}
              </Cell>
              <Cell label="Address" className="text-quiet">
                {session.address === null ? 'unknown' : <Specimen text={session.address} plain />}
              </Cell>
              <Cell wide label="Signed in" className="text-quiet">
                <RelativeTime at={session.startedAt} /> by {session.method === 'oidc' ? 'provider' : 'password'}
              </Cell>
              <Cell wide label="Last used" className="text-quiet">
                <RelativeTime at={session.seenAt} />
              </Cell>
              <Cell corner>{session.id !== current && <EndButton act={() => end(session.id)}>Sign out</EndButton>}</Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {sessions.length > 1 && (
        <p className="mt-3">
          <EndButton act={endOthers}>Sign out everywhere else</EndButton>
        </p>
      )}
    </>
  )
}

function Device({ agent }: { readonly agent: string | null }) {
  const words = deviceWords(agent)
  if (words !== null) return <span title={agent ?? ''}>{words}</span>
  return agent === null ? <>Unknown device</> : <Specimen text={agent.slice(0, 120)} plain />
}

function EndButton({ act, children }: { readonly act: () => Promise<Outcome>; readonly children: string }) {
  const [pending, setPending] = useState(false)
  const end = async () => {
    setPending(true)
    const outcome = await act()
    setPending(false)
    if (!outcome.ok) say.failed(outcome.because)
  }
  return (
    <Button size="sm" pending={pending} onClick={() => void end()}>
      {children}
    </Button>
  )
}
