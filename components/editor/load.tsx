'use client'

import dynamic from 'next/dynamic'
import { Spinner } from '../ui/spinner'
import type { PolicyDiffProps } from './diff'
import type { PolicyEditorProps } from './policy-editor'

function Loading({ what }: { readonly what: string }) {
  return (
    <p className="flex h-full min-h-64 items-center justify-center gap-2 text-quiet text-sm">
      <Spinner /> Loading {what} …
    </p>
  )
}

/** Monaco comes with the pages that show it, and only in a browser. */
export const LazyPolicyEditor = dynamic<PolicyEditorProps>(() => import('./policy-editor').then(({ PolicyEditor }) => PolicyEditor), {
  ssr: false,
  loading: () => <Loading what="the editor" />,
})

export const LazyPolicyDiff = dynamic<PolicyDiffProps>(() => import('./diff').then(({ PolicyDiff }) => PolicyDiff), {
  ssr: false,
  loading: () => <Loading what="the differences" />,
})
