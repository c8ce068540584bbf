'use client'

import { type FormEvent, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { CommandLine } from '../ui/command-line'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { EmptyState } from '../ui/empty-state'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { RelativeTime } from '../ui/relative-time'
import { Select } from '../ui/select'
import { Cell, HeadCell, Table, TableBody, TableHead, TableRow } from '../ui/table'
import { say } from '../ui/toast'
import { useProved } from './prove-dialog'
import { SecretOnce } from './secret-once'

export type TokenRow = {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly seenAt: string | null
}

type MakeToken = (form: FormData) => Promise<Outcome<{ readonly token: string }>>
type TokensProps = { readonly tokens: readonly TokenRow[]; readonly make: MakeToken; readonly revoke: (id: string) => Promise<Outcome> }

/** What the command line proves with who one is. The dialog stands beside the list: it stays when the list gets its first row. */
export function Tokens({ tokens, make, revoke }: TokensProps) {
  return (
    <>
      {tokens.length === 0 ? (
        <EmptyState title="No personal tokens">
          <p>The command line asks for one when it changes something. Make one, keep it in a file, and name that file:</p>
          <CommandLine>npx countersign policy publish policy.yaml --token-file token</CommandLine>
        </EmptyState>
      ) : (
        <TokensTable tokens={tokens} revoke={revoke} />
      )}
      <p className="mt-3">
        <MakeTokenDialog make={make} />
      </p>
    </>
  )
}

function TokensTable({ tokens, revoke }: Omit<TokensProps, 'make'>) {
  return (
    <Table caption="Personal tokens">
      <TableHead>
        <HeadCell>Name</HeadCell>
        <HeadCell>Last used</HeadCell>
        <HeadCell>Ends</HeadCell>
        <HeadCell>
          <span className="sr-only">Actions</span>
        </HeadCell>
      </TableHead>
      <TableBody>
        {tokens.map((token) => (
          <TableRow key={token.id}>
            <Cell className="[&_bdi]:font-sans">
              <Specimen text={token.name} plain />
            </Cell>
            <Cell label="Last used" className="text-quiet">
              {token.seenAt === null ? 'never' : <RelativeTime at={token.seenAt} />}
            </Cell>
            <Cell wide label="Ends" className="text-quiet">
              <RelativeTime at={token.expiresAt} />
            </Cell>
            <Cell corner>
              <RevokeButton token={token} revoke={revoke} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  )
}

function RevokeButton({ token, revoke }: { readonly token: TokenRow; readonly revoke: TokensProps['revoke'] }) {
  const [pending, setPending] = useState(false)
  const act = async () => {
    setPending(true)
    const outcome = await revoke(token.id)
    setPending(false)
    if (outcome.ok) say.done('The token opens nothing any more.')
    else say.failed(outcome.because)
  }
  return (
    <Button size="sm" pending={pending} onClick={() => void act()}>
      Revoke<span className="sr-only"> {token.name}</span>
    </Button>
  )
}

function MakeTokenDialog({ make }: { readonly make: MakeToken }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="A new personal token"
      description="Whoever holds it can do on the command line what you can do here."
      trigger={<Button>New token</Button>}
    >
      <MakeTokenForm make={make} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function MakeTokenForm({ make, onDone }: { readonly make: MakeToken; readonly onDone: () => void }) {
  const proved = useProved()
  const [outcome, setOutcome] = useState<Outcome<{ readonly token: string }> | null>(null)
  const [pending, setPending] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setPending(true)
    setOutcome(await proved(() => make(form)))
    setPending(false)
  }
  if (outcome?.ok)
    return (
      <>
        <SecretOnce label="Personal token" secret={outcome.value.token}>
          Keep it in a file that only you can read, and name that file with `--token-file`. It is not shown again.
        </SecretOnce>
        <DialogActions>
          <Button look="primary" onClick={onDone}>
            Done
          </Button>
        </DialogActions>
      </>
    )
  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4">
      {outcome !== null && <Callout tone="bad">{outcome.because}</Callout>}
      <Field label="Name" hint="Such as the machine it is for.">
        {(control) => <Input {...control} name="name" required autoFocus maxLength={100} />}
      </Field>
      <Field label="Ends in">
        {(control) => (
          <Select {...control} name="days" defaultValue="30">
            <option value="1">1 day</option>
            <option value="7">7 days</option>
            <option value="30">30 days</option>
            <option value="90">90 days</option>
            <option value="365">1 year</option>
          </Select>
        )}
      </Field>
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending}>
          Make the token
        </Button>
      </DialogActions>
    </form>
  )
}
