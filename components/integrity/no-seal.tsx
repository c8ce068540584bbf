import { CommandLine } from '../ui/command-line'
import { EmptyState } from '../ui/empty-state'

/** Before the first checkpoint. */
export function NoSeal() {
  return (
    <EmptyState title="Nothing is sealed yet">
      <p>
        Until it is, the log is only as safe as its database: whoever owns that can cut off its end, or put an older copy in its place, and
        no look will show it. A sealer signs a checkpoint over all entries as they come; countersign up starts one beside the console.
      </p>
      <CommandLine>npx countersign seal</CommandLine>
    </EmptyState>
  )
}

/** A log that nobody on another machine has seen. */
export function NoWitness({ vkey }: { readonly vkey: string }) {
  return (
    <EmptyState title="No witness on another machine">
      <p>
        A sealed log can still be replaced as a whole by whoever holds this machine. A witness elsewhere signs every checkpoint it is shown,
        and never two histories. On the other machine:
      </p>
      <CommandLine>{`npx countersign witness --listen 0.0.0.0:7744 '${vkey}'`}</CommandLine>
      <p>Then here, with the key that it prints and the address where it listens:</p>
      <CommandLine>npx countersign witness add WITNESS_KEY --url http://HOST:7744</CommandLine>
    </EmptyState>
  )
}
