'use client'

import { createContext, type FormEvent, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { PROVE_FIRST } from '../../core/roles'
import { Button } from '../ui/button'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { enterWithProvider } from './enter'

/** Runs an action; where it asks for a fresh proof of who one is, asks for that and runs it once more. */
export type RunProved = <T>(action: () => Promise<Outcome<T>>) => Promise<Outcome<T>>

const ProofContext = createContext<RunProved>((action) => action())

/**
 * For actions that change what matters: `const proved = useProved()`, then `await proved(() => publish(input))`. Whoever does not answer
 * the question gets the outcome that asked for it.
 */
export const useProved = (): RunProved => useContext(ProofContext)

/** Whether an action refused only because the proof is missing or too old. */
export const needsProof = (outcome: Outcome<unknown>): boolean =>
  !outcome.ok && outcome.fault === 'unauthenticated' && outcome.because === PROVE_FIRST

type ProofProviderProps = {
  /** Takes the password of whoever is signed in. */
  readonly prove: (password: string) => Promise<Outcome>
  /** What the provider is called; null where there is none. */
  readonly provider: string | null
  readonly children: ReactNode
}

/** Around the pages whose actions may ask; one question at a time, however many actions wait for it. */
export function ProofProvider({ prove, provider, children }: ProofProviderProps) {
  const [isOpen, setIsOpen] = useState(false)
  const waiting = useRef<((proved: boolean) => void)[]>([])
  const answer = useCallback((proved: boolean) => {
    setIsOpen(false)
    for (const resolve of waiting.current.splice(0)) resolve(proved)
  }, [])
  const run = useMemo<RunProved>(
    () => async (action) => {
      const outcome = await action()
      if (!needsProof(outcome)) return outcome
      const proved = await new Promise<boolean>((resolve) => {
        waiting.current.push(resolve)
        setIsOpen(true)
      })
      return proved ? action() : outcome
    },
    [],
  )
  return (
    <ProofContext value={run}>
      {children}
      <ProveDialog open={isOpen} prove={prove} provider={provider} onAnswer={answer} />
    </ProofContext>
  )
}

type ProveDialogProps = Omit<ProofProviderProps, 'children'> & { readonly open: boolean; readonly onAnswer: (proved: boolean) => void }

/** Asks for the password once more, or leads by way of the provider: then the page is loaded anew and the action is one's own to repeat. */
function ProveDialog({ open, prove, provider, onAnswer }: ProveDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(stays) => !stays && onAnswer(false)}
      title="Is it you?"
      description="This changes what others rely on, and you signed in a while ago."
    >
      <ProveForm prove={prove} provider={provider} onAnswer={onAnswer} />
    </Dialog>
  )
}

function ProveForm({ prove, provider, onAnswer }: Omit<ProveDialogProps, 'open'>) {
  const [because, setBecause] = useState<string | null>(null)
  const [pending, setPending] = useState(false)
  const password = useRef<HTMLInputElement>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    // A form inside a page's own form in React's tree: its submit must not become the other one's.
    event.stopPropagation()
    setPending(true)
    const outcome = await prove(password.current?.value ?? '')
    setPending(false)
    if (outcome.ok) return onAnswer(true)
    setBecause(outcome.because)
    if (password.current) password.current.value = ''
    password.current?.focus()
  }
  const leave = async () => setBecause(await enterWithProvider(`${window.location.pathname}${window.location.search}`, { prove: true }))
  return (
    <form onSubmit={(event) => void submit(event)} method="post">
      <Field label="Password" {...(because === null ? {} : { error: because })}>
        {(control) => (
          <Input
            {...control}
            ref={password}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            maxLength={1_024}
          />
        )}
      </Field>
      <DialogActions>
        {provider !== null && <Button onClick={() => void leave()}>Continue with {provider}</Button>}
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending}>
          Go on
        </Button>
      </DialogActions>
    </form>
  )
}
