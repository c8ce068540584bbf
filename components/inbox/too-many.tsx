import { Specimen } from '../specimen'
import { Callout } from '../ui/callout'
import { RelativeTime } from '../ui/relative-time'

/** An agent that asks faster than people answer: what more it asks is denied. The principal is hostile text. */
export type TooManyShown = { readonly principal: string; readonly waiting: number; readonly denied: number; readonly beganAt: string }

/** Says so above the list, where whoever could answer looks. */
export function TooMany({ agents }: { readonly agents: readonly TooManyShown[] }) {
  if (agents.length === 0) return null
  return (
    <Callout tone="warning" className="mb-3" title="More calls are denied without asking anybody">
      <ul className="space-y-1">
        {agents.map(({ principal, waiting, denied, beganAt }) => (
          <li key={principal}>
            <Specimen text={principal} plain /> has {waiting} calls waiting, as many as it may; {denied} more{' '}
            {denied === 1 ? 'was' : 'were'} denied, the first <RelativeTime at={beganAt} />.
          </li>
        ))}
      </ul>
    </Callout>
  )
}
