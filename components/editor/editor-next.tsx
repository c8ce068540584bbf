'use client'

import { useState } from 'react'
import { Button } from '../ui/button'
import { answered, whyNot } from './answer'
import type { Editor } from './use-editor'

/** The way on: saves what is not saved, and goes no further while the text is wrong. The server checks all of it again. */
export function EditorNext({ editor }: { readonly editor: Editor }) {
  const { props, readOnly, standing, keep, text } = editor
  const [going, setGoing] = useState(false)
  const [because, setBecause] = useState<string | null>(null)
  if (!props.next || readOnly !== null) return null
  const obstacle = obstacleOf(editor)
  const go = async () => {
    setGoing(true)
    setBecause(null)
    const revision = keep.keeping.dirty || keep.keeping.revision === 0 ? await keep.save(text()) : keep.keeping.revision
    const answer = revision === null ? null : await answered(() => props.onNext(revision))
    setGoing(false)
    if (answer && !answer.ok) setBecause(whyNot(answer))
  }
  const words = because ?? obstacle
  return (
    <span className="flex shrink-0 items-center gap-2">
      {words && <span className="hidden max-w-80 truncate text-held text-sm min-[900px]:inline">{words}</span>}
      <Button
        size="sm"
        look="primary"
        pending={going}
        disabled={obstacle !== null || standing.run === null}
        title={words ?? undefined}
        onClick={() => void go()}
      >
        {props.next.label}
      </Button>
    </span>
  )
}

function obstacleOf({ standing: { run, stale } }: Editor): string | null {
  if (!run) return null
  const errors = run.problems.filter(({ severity }) => severity === 'error').length
  if (errors > 0 || stale) return `${errors} ${errors === 1 ? 'problem' : 'problems'} first`
  const red = run.tests.filter(({ passed }) => !passed).length
  return red > 0 ? `${red} red ${red === 1 ? 'test' : 'tests'} first` : null
}
