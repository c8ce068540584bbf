'use client'

import { useEffect } from 'react'
import { Button } from '../ui/button'
import { CommandLine } from '../ui/command-line'

const AGAIN_MS = 5_000

type FailureProps = { readonly error: unknown; readonly retry: () => void }

/** A page that failed: what is so, what to do, and the reference under which the process's own output says why. Never the reason itself. */
export function Failure({ error, retry }: FailureProps) {
  const digest = digestOf(error)
  const isOutage = digest?.startsWith('unavailable-') === true
  useEffect(() => {
    if (!isOutage) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') retry()
    }, AGAIN_MS)
    return () => clearInterval(timer)
  }, [isOutage, retry])
  return (
    <section role="alert" className="max-w-2xl space-y-3">
      <h1 className="font-semibold text-xl tracking-tight">{isOutage ? 'The database does not answer' : 'This page failed'}</h1>
      <p className="text-quiet">
        {isOutage
          ? 'Nothing can be shown or changed until it does; gateways refuse what they can’t record. This page tries again every 5 seconds, and this says what is wrong:'
          : 'Nothing was changed by it. Try again; if it fails again, this says whether something is wrong underneath:'}
      </p>
      <CommandLine>npx countersign doctor</CommandLine>
      <div className="flex flex-wrap items-center gap-3 pt-1">
        <Button look="primary" onClick={retry}>
          Try again
        </Button>
        {digest !== null && (
          <p className="text-quiet text-sm">
            Reference <code className="font-mono">{digest}</code>
          </p>
        )}
      </div>
    </section>
  )
}

const digestOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'digest' in error && typeof error.digest === 'string' ? error.digest : null
