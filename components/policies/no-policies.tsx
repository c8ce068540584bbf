import { CommandLine } from '../ui/command-line'
import { EmptyState } from '../ui/empty-state'

export function NoPolicies({ mayDraft }: { readonly mayDraft: boolean }) {
  return (
    <EmptyState title="No policy yet: every call is denied">
      <p>
        {mayDraft
          ? 'Begin with one of the policies that come with Countersign, with a file of yours, or on the command line:'
          : 'Somebody with the role author writes the first one here, or on the command line:'}
      </p>
      <CommandLine>npx countersign policy publish policy.yaml</CommandLine>
    </EmptyState>
  )
}
