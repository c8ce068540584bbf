'use client'

import type { RuleChange } from '../../core/policy/rule-origins'
import { PolicyDiff } from './diff'

type ChangesPanelProps = {
  readonly inForce: { readonly version: number; readonly text: string } | null
  readonly text: string
  readonly changes: readonly RuleChange[]
}

const WORDS: { readonly [what in RuleChange['what']]: string } = { added: 'new', removed: 'gone', changed: 'changed', moved: 'moved' }

/** What would be published, beside what is in force: by rule, and by line. */
export function ChangesPanel({ inForce, text, changes }: ChangesPanelProps) {
  if (!inForce)
    return (
      <p className="px-3 py-3 text-quiet text-sm">
        Nothing is in force yet: every call is denied. Whatever is published first is the first version.
      </p>
    )
  return (
    <div className="flex h-full flex-col">
      {changes.length > 0 && (
        <p className="flex flex-wrap gap-x-3 px-3 py-1.5 text-sm">
          {changes.slice(0, 40).map(({ id, what }) => (
            <span key={`${what}:${id}`}>
              <span className="font-mono">{id}</span> <span className="text-quiet">{WORDS[what]}</span>
            </span>
          ))}
        </p>
      )}
      <div className="min-h-0 flex-1">
        <PolicyDiff before={{ title: `v${inForce.version}, in force`, text: inForce.text }} after={{ title: 'this text', text }} />
      </div>
    </div>
  )
}
