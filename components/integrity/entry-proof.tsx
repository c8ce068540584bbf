'use client'

import { CircleAlert, CircleCheck, Download } from 'lucide-react'
import { useEffect, useState } from 'react'
import { judgeShown, type Shown } from '../../core/audit/shown-entry'
import { plainSha256, verifyInBrowser } from '../../core/browser-crypto'
import { LinkButton } from '../ui/link-button'
import type { EntryFound, PinnedShown } from './integrity-shown'

const TOOLS = { verify: verifyInBrowser, sha256: plainSha256 }

type EntryProofProps = { readonly entry: EntryFound; readonly pinned: PinnedShown }

/** Verifies here that an entry is in the log of the checkpoint that is shown with it, and gives the proof that was verified as a file. */
export function EntryProof({ entry: { text, sealed }, pinned }: EntryProofProps) {
  const [shown, setShown] = useState<Shown | null>(null)
  const { log, logKey } = pinned
  useEffect(() => {
    setShown(
      sealed &&
        judgeShown({ text, ...sealed, note: sealed.checkpoint.note }, { log, logKey, rotations: sealed.checkpoint.rotations }, TOOLS),
    )
  }, [text, sealed, log, logKey])
  if (!sealed) return <p className="text-quiet text-sm">Not sealed yet: no checkpoint covers it. It is in its writer’s chain.</p>
  if (!shown) return <p className="text-quiet text-sm">Verifying …</p>
  if (shown.is === 'unproven')
    return (
      <p role="alert" className="flex items-start gap-2 text-deny text-sm">
        <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
        <span>Not proven: {shown.because}. Verify the whole log, and compare its checkpoints with what witnesses hold.</span>
      </p>
    )
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <p className="flex min-w-0 flex-1 basis-72 items-start gap-2 text-sm">
        <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-allow" />
        <span>
          Verified here, in this browser: {text === null ? 'its hash' : 'this text'} is number #{shown.index.toLocaleString('en')} of the
          log of {shown.size.toLocaleString('en')} entries, whose checkpoint the pinned key signed. {sealed.proof.length}{' '}
          {sealed.proof.length === 1 ? 'hash leads' : 'hashes lead'} there.
        </span>
      </p>
      <ProofFile file={shown.file} index={shown.index} />
    </div>
  )
}

/** The very file that was verified: nothing is asked of the server for it. */
function ProofFile({ file, index }: { readonly file: string; readonly index: number }) {
  const [href, setHref] = useState('')
  useEffect(() => {
    const url = URL.createObjectURL(new Blob([file], { type: 'text/plain' }))
    setHref(url)
    return () => URL.revokeObjectURL(url)
  }, [file])
  if (href === '') return null
  return (
    <LinkButton href={href} fresh size="sm" download={`entry-${index}.tlog-proof`}>
      <Download />
      .tlog-proof
    </LinkButton>
  )
}
