'use client'

import { useCallback, useMemo, useState } from 'react'
import type { Sample } from '../../core/policy/sample'
import { answered, whyNot } from './answer'
import type { PolicyEditorProps } from './policy-editor'

type SampleProps = Pick<PolicyEditorProps, 'samples' | 'take' | 'onSaveSample' | 'onRemoveSample'>

/** Samples beside the library: kept ones, and those that this page was given or somebody wrote since it was opened. */
export function useSamples({ samples, take = [], onSaveSample, onRemoveSample }: SampleProps, say: (words: string) => void) {
  const [given, setGiven] = useState<readonly Sample[]>(() => unique([...take, ...samples]))
  const ids = useMemo(() => new Set(given.map(({ id }) => id)), [given])
  const add = useCallback((more: readonly Sample[]) => setGiven((before) => unique([...more, ...before])), [])
  const keep = useCallback(
    async (sample: Sample) => {
      const answer = await answered(() => onSaveSample(sample))
      if (!answer.ok) return say(whyNot(answer))
      setGiven((before) => unique(before.map((one) => (one.id === sample.id ? answer.value : one))))
      say('The sample is kept for everybody who writes this policy.')
    },
    [onSaveSample, say],
  )
  const remove = useCallback(
    async ({ id }: Sample) => {
      const answer = await answered(() => onRemoveSample(id))
      if (!answer.ok) return say(whyNot(answer))
      setGiven((before) => before.filter((one) => one.id !== id))
      say('The sample is gone.')
    },
    [onRemoveSample, say],
  )
  return { given, ids, add, keep, remove }
}

const unique = (samples: readonly Sample[]): readonly Sample[] => [...new Map(samples.map((sample) => [sample.id, sample])).values()]
