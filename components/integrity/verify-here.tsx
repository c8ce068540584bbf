'use client'

import { Hash, ScanSearch, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Finding } from '../../core/audit/findings'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { exactTime } from '../ui/time-words'
import type { PinnedShown } from './integrity-shown'
import { keepCheck, type LastCheck, placeWords, useLastCheck } from './last-check'
import { rememberedOf } from './tab-memory-store'
import { Unseen } from './unseen'
import type { VerifyNews, VerifyOrder } from './verify-wire'

type Progress = { readonly done: number; readonly total: number }

/** Reads the whole log into this browser and verifies it here, with the verifier that the command line has. */
export function VerifyHere({ pinned }: { readonly pinned: PinnedShown }) {
  const worker = useRef<Worker | null>(null)
  const [progress, setProgress] = useState<Progress | null>(null)
  const [because, setBecause] = useState<string | null>(null)
  const check = useLastCheck(pinned)
  useEffect(() => () => worker.current?.terminate(), [])
  const stop = (): void => {
    worker.current?.terminate()
    worker.current = null
    setProgress(null)
  }
  const start = (isQuick: boolean): void => {
    const startedMs = performance.now()
    setBecause(null)
    setProgress({ done: 0, total: 0 })
    worker.current = new Worker(new URL('./verify.worker.ts', import.meta.url), { type: 'module', name: 'verify' })
    worker.current.onmessage = ({ data }: MessageEvent<VerifyNews>) => {
      if (data.is === 'reading') return setProgress(data)
      if (data.is === 'done')
        keepCheck({ ...data.pinned, ...data.check, atMs: Date.now(), tookMs: Math.round(performance.now() - startedMs) })
      else setBecause(data.because)
      stop()
    }
    worker.current.onerror = () => {
      setBecause('The part of the page that verifies could not be started; reload the page.')
      stop()
    }
    worker.current.postMessage({ remembered: rememberedOf(pinned), isQuick } satisfies VerifyOrder)
  }
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button look="primary" onClick={() => start(false)} disabled={progress !== null}>
          <ScanSearch />
          Verify in this browser
        </Button>
        <Button onClick={() => start(true)} disabled={progress !== null}>
          <Hash />
          Quick look
        </Button>
        {progress && <ProgressLine progress={progress} stop={stop} />}
      </div>
      <div aria-live="polite" className="space-y-3">
        {because !== null && (
          <Callout tone="warning" title="Could not tell">
            {because}
          </Callout>
        )}
        {!progress && check && <CheckShown check={check} />}
      </div>
    </div>
  )
}

function ProgressLine({ progress: { done, total }, stop }: { readonly progress: Progress; readonly stop: () => void }) {
  const percent = total === 0 ? 0 : Math.floor((100 * done) / total)
  return (
    <>
      <progress className="h-2 w-48 max-w-full accent-accent" value={done} max={Math.max(1, total)} aria-label="Entries verified" />
      <span className="text-quiet text-sm tabular-nums">
        {done.toLocaleString('en')} of {total.toLocaleString('en')} entries, {percent} %
      </span>
      <Button look="quiet" size="sm" onClick={stop}>
        <X />
        Cancel
      </Button>
    </>
  )
}

const SHOWN = 12

const WHOLE =
  'each text and column, each chain, the last signature of each writer, the tree, its checkpoints, and whether every effect had a right.'

const QUICK =
  'each text, each chain, the last signature of each writer, the tree and its checkpoints, but not the columns beside the texts, nor whether every effect had a right.'

const SERVED =
  'A console that lies: the page that looked and the keys it went by came from it. countersign verify on a machine of your own has neither from it.'

function CheckShown({ check }: { readonly check: LastCheck }) {
  const { verdict, findings, found, doubts, entries, tookMs, undetectable, isQuick, detached = [] } = check
  return (
    <>
      <p className="text-sm">
        {entries.toLocaleString('en')} entries were read in {(tookMs / 1_000).toFixed(1)} s: {isQuick === true ? QUICK : WHOLE}
      </p>
      {verdict === 'damaged' && (
        <Callout tone="bad" title={`Damaged: ${found.toLocaleString('en')} ${found === 1 ? 'finding' : 'findings'}`}>
          <ol className="space-y-2 pt-1" aria-label="Findings">
            {findings.slice(0, SHOWN).map((finding) => (
              <FindingShown key={`${finding.writer}:${finding.seq}:${finding.kind}:${finding.sentence}`} finding={finding} />
            ))}
          </ol>
          {found > SHOWN && (
            <p className="pt-2 text-quiet">… and {(found - SHOWN).toLocaleString('en')} more; countersign verify lists them.</p>
          )}
        </Callout>
      )}
      {detached.length > 0 && (
        <Callout title="Not looked at">
          {detached.map((sentence) => (
            <p key={sentence}>
              <Specimen text={sentence} plain />
            </p>
          ))}
        </Callout>
      )}
      <details className="text-sm">
        <summary className="w-fit rounded-sm text-quiet">What this look could not have shown</summary>
        <Unseen sentences={[...undetectable, SERVED]} />
      </details>
      {doubts.length > 0 && (
        <Callout tone="warning" title="Not known">
          {doubts.map((doubt) => (
            <p key={doubt}>
              <Specimen text={doubt} plain />
            </p>
          ))}
        </Callout>
      )}
    </>
  )
}

function FindingShown({ finding }: { readonly finding: Finding }) {
  const place = placeWords(finding)
  return (
    <li>
      <p>
        <b className="font-medium">{finding.kind}</b>
        {place !== '' && (
          <>
            {' '}
            <Specimen text={place} plain />
          </>
        )}
        : <Specimen text={finding.sentence} plain />
      </p>
      <p className="text-quiet">
        In doubt: {finding.since === null ? 'everything until now' : `what was recorded from ${exactTime(finding.since)} until now`}.
      </p>
    </li>
  )
}
