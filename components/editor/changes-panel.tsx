'use client'

import type { RuleChange } from '../../core/policy/rule-origins'
import { RuleChanges } from '../policies/rule-changes'
import { PolicyDiff } from './diff'

type ChangesPanelProps = {
  readonly inForce: { readonly version: number; readonly text: string } | null
  readonly text: string
  readonly changes: readonly RuleChange[]
}

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
      <RuleChanges changes={changes} className="px-3 py-1.5" />
      <div className="min-h-0 flex-1">
        <PolicyDiff before={{ title: `v${inForce.version}, in force`, text: inForce.text }} after={{ title: 'this text', text }} />
      </div>
    </div>
  )
}
