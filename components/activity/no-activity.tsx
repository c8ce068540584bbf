import { withRange } from '../../core/activity/question'
import { CommandLine } from '../ui/command-line'
import { EmptyState } from '../ui/empty-state'
import { LinkButton } from '../ui/link-button'
import { hrefOf, type Shown } from './explorer'

type NoActivityProps = {
  readonly shown: Shown
  readonly isNarrowed: boolean
  /** Nothing was ever decided. */
  readonly isEmpty: boolean
}

/** Why the list is empty, and what to do about it. */
export function NoActivity({ shown, isNarrowed, isEmpty }: NoActivityProps) {
  if (isEmpty)
    return (
      <EmptyState title="Nothing was decided yet">
        <p>Publish a policy, then put the gateway in front of an MCP server. Each call it judges appears here at once.</p>
        <CommandLine>npx countersign policy publish policy.yaml</CommandLine>
        <CommandLine>{'npx countersign --gateway --upstream "npx -y @modelcontextprotocol/server-filesystem /tmp"'}</CommandLine>
      </EmptyState>
    )
  const everything = { ...shown, question: { ...shown.question, facets: {}, call: null } }
  const always = { ...shown, question: withRange(shown.question, { is: 'between', from: null, to: null }) }
  return (
    <EmptyState
      title={isNarrowed ? 'No call fits these filters in this time' : 'No call was made in this time'}
      action={
        <>
          <LinkButton href={hrefOf(always)}>Look at all time</LinkButton>
          {isNarrowed && <LinkButton href={hrefOf(everything)}>Clear the filters</LinkButton>}
        </>
      }
    >
      <p>Look further back{isNarrowed ? ', or take a filter away' : ''}.</p>
    </EmptyState>
  )
}
