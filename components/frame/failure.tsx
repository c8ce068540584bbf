'use client'

import { useEffect } from 'react'
import { Button } from '../ui/button'
import { CommandLine } from '../ui/command-line'

const AGAIN_MS = 5_000

type FailureProps = { readonly error: unknown; readonly retry: () => void }

/** A page that failed: what is so, what to do, and the reference under which the process's own output says why. Never the reason itself. */
export function Failure({ error, retry }: FailureProps) {
  const digest = digestOf(error)
  const kind = kindOf(digest)
  const { title, words } = WORDS[kind]
  useEffect(() => {
    if (kind !== 'unavailable') return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') retry()
    }, AGAIN_MS)
    return () => clearInterval(timer)
  }, [kind, retry])
  return (
    <section role="alert" className="max-w-2xl space-y-3">
      <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
      <p className="text-quiet">{words}</p>
      {kind !== 'slow' && <CommandLine>npx countersign doctor</CommandLine>}
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

type Kind = 'unavailable' | 'slow' | 'other'

/** The server says by the digest what kind of failure it is; nothing else of an error reaches a page. */
const kindOf = (digest: string | null): Kind => {
  if (digest?.startsWith('unavailable-')) return 'unavailable'
  return digest?.startsWith('slow-') ? 'slow' : 'other'
}

const WORDS: { readonly [kind in Kind]: { readonly title: string; readonly words: string } } = {
  unavailable: {
    title: 'The database does not answer',
    words:
      'Nothing can be shown or changed until it does; gateways refuse what they can’t record. This page tries again every 5 seconds, and this says what is wrong:',
  },
  slow: {
    title: 'This took too long',
    words: 'The database was given 2 seconds and needed more: choose a narrower filter or a shorter time, or try again.',
  },
  other: {
    title: 'This page failed',
    words: 'Nothing was changed by it. Try again; if it fails again, this says whether something is wrong underneath:',
  },
}

const digestOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'digest' in error && typeof error.digest === 'string' ? error.digest : null
