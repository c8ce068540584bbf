import { CommandLine } from '../ui/command-line'
import { EmptyState } from '../ui/empty-state'
import { ESCALATE_RULE } from './escalate-rule'

/** Nothing waits: what would make something wait, with the exact words for it. */
export function NoHolds({ isNew }: { readonly isNew: boolean }) {
  if (!isNew)
    return (
      <EmptyState title="Nothing waits for anybody">
        <p>Calls that a rule escalates appear here as they are made. What was decided is under History.</p>
      </EmptyState>
    )
  return (
    <EmptyState title="No call has ever waited for a person">
      <p>A rule with the action escalate holds a call until people approve it, exactly as it was made, once. Add one to a policy:</p>
      <pre className="whitespace-pre-wrap break-words rounded-md border border-line bg-sunken px-3 py-2 font-mono text-ink text-sm">
        {ESCALATE_RULE}
      </pre>
      <CommandLine>npx countersign policy publish policy.yaml</CommandLine>
      <p>Then let an agent call that tool through the gateway. People in a terminal find the same list there:</p>
      <CommandLine>npx countersign holds</CommandLine>
    </EmptyState>
  )
}
