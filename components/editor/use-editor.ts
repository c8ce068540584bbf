'use client'

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Fix } from '../../core/policy/fixes'
import type { Sample } from '../../core/policy/sample'
import type { Run, Settings } from './engine'
import type { EngineClient } from './engine-client'
import type { PolicyEditorProps } from './policy-editor'
import type { TextHandle } from './text-pane'
import { useDraft } from './use-draft'
import { useSamples } from './use-samples'
import { useSimulation } from './use-simulation'

export type Asked = 'sample' | 'calls' | null

/** All that the parts of the editor share: the text, how it stands, and what can be done with it. */
export function useEditor(props: PolicyEditorProps) {
  const readOnly = useReadOnly(props.readOnly)
  const handle = useRef<TextHandle | null>(null)
  const [tab, setTab] = useState('problems')
  const [asked, setAsked] = useState<Asked>(null)
  const [said, setSaid] = useState('')
  const keep = useDraft(props, handle)
  const samples = useSamples(props, setSaid)
  const settings = useSettings(props)
  const shown = useCallback((run: Run) => handle.current?.show(run.problems, run.notes), [])
  const { engine, standing, outline } = useSimulation(settings, samples.given, shown)
  const all = useMemo(() => [...samples.given, ...standing.library], [samples.given, standing.library])
  const line = useCallback((at: number, column = 1) => handle.current?.reveal(at, column), [])
  const text = useCallback(() => handle.current?.text() ?? props.draft.text, [props.draft.text])
  const save = useCallback(() => {
    if (handle.current) void keep.save(handle.current.text())
  }, [keep.save])
  useSaveKey(readOnly === null ? save : null)
  const { addTest, addRule, format } = useDoings({ engine, handle, setSaid, setTab, stale: standing.stale })
  // Work that is offered is decided on first: an act would take its place in this browser.
  const isReady = standing.run !== null && readOnly === null && keep.keeping.offered === null
  useActOnce(props, isReady, { test: addTest, rule: addRule })
  const fix = useCallback(({ edits }: Fix) => handle.current?.edit(edits), [])
  return {
    props,
    readOnly,
    handle,
    tab,
    setTab,
    asked,
    setAsked,
    said,
    keep,
    samples,
    engine,
    standing,
    outline,
    all,
    line,
    text,
    save,
    addTest,
    addRule,
    fix,
    format,
  }
}

export type Editor = ReturnType<typeof useEditor>

const NARROW = '(max-width: 639px)'
const subscribe = (tell: () => void) => {
  const query = matchMedia(NARROW)
  query.addEventListener('change', tell)
  return () => query.removeEventListener('change', tell)
}

/** On a phone the text is legible and nothing is changed by a thumb. */
function useReadOnly(given: string | null): string | null {
  const isNarrow = useSyncExternalStore(
    subscribe,
    () => matchMedia(NARROW).matches,
    () => false,
  )
  return given ?? (isNarrow ? 'On a screen this narrow a policy is only read; open it on a wider one to change it.' : null)
}

function useSettings({ kind, inForce, guardrail, servers, seen, principals, hits, nowMs }: PolicyEditorProps): Settings {
  return useMemo(
    () => ({ kind, inForce: inForce?.text ?? null, guardrail: guardrail?.text ?? null, servers, seen, principals, hits, nowMs }),
    [kind, inForce, guardrail, servers, seen, principals, hits, nowMs],
  )
}

/** Ctrl-S and ⌘S save from anywhere on the page, not only inside the text. */
function useSaveKey(save: (() => void) | null): void {
  useEffect(() => {
    if (!save) return
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      save()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [save])
}

type Doing = {
  readonly engine: EngineClient | null
  readonly handle: { readonly current: TextHandle | null }
  readonly setSaid: (words: string) => void
  readonly setTab: (tab: string) => void
  readonly stale: boolean
}

/** What changes the text for somebody, and says what it did. */
function useDoings({ engine, handle, setSaid, setTab, stale }: Doing) {
  const addTest = useCallback(
    async (sample: Sample) => {
      const made = await engine?.ask('test', sample.id)
      if (!made) return
      if ('because' in made) setSaid(`No test was added: ${made.because}.`)
      else {
        handle.current?.edit([made.edit])
        setSaid(`Added as a test that expects ${made.expect}.`)
        setTab('tests')
      }
    },
    [engine, handle, setSaid, setTab],
  )
  const addRule = useCallback(
    async (sample: Sample) => {
      const made = await engine?.ask('rule', sample.id)
      if (!made) return
      if ('because' in made) return setSaid(`No rule was made: ${made.because}.`)
      handle.current?.edit([made.edit])
      handle.current?.reveal(made.line)
      setSaid('Made a rule for this call alone; widen it, and choose its action.')
    },
    [engine, handle, setSaid],
  )
  const format = useCallback(() => {
    if (stale) setSaid('Only a text without problems is formatted.')
    else handle.current?.run('format')
  }, [handle, setSaid, stale])
  return { addTest, addRule, format }
}

type Acts = { readonly [act in 'test' | 'rule']: (sample: Sample) => Promise<void> }

/** What somebody asked for with the call they came with, as soon as the text was judged. */
function useActOnce({ act, take }: PolicyEditorProps, isReady: boolean, acts: Acts): void {
  const isDone = useRef(false)
  const sample = take?.[0]
  useEffect(() => {
    if (!isReady || isDone.current || !sample || !act || act === 'simulate') return
    isDone.current = true
    if (!isFreshVisit()) return
    void acts[act](sample)
  })
}

/** Whoever reloads, or comes back to this page, does not ask for it again. */
const isFreshVisit = (): boolean => {
  const [visit] = performance.getEntriesByType('navigation')
  return visit instanceof PerformanceNavigationTiming && visit.type === 'navigate'
}
