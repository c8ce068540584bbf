import { Check, MessageSquareWarning } from 'lucide-react'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { RelativeTime } from '../ui/relative-time'
import { PersonName, type PersonShown } from './person-name'

export type VoteShown = {
  readonly revision: number
  readonly verdict: 'approve' | 'request_changes'
  readonly message: string
  readonly by: PersonShown
  readonly at: string
}

/** Every vote that was cast on this draft. Those on an earlier revision are for another text and say so. */
export function VoteList({ votes, revision }: { readonly votes: readonly VoteShown[]; readonly revision: number }) {
  return (
    <>
      <h2 className="font-medium text-lg">Votes</h2>
      {votes.length === 0 && <p className="text-quiet text-sm">Nobody voted yet.</p>}
      <ul className="space-y-3 text-sm">
        {votes.map((vote) => (
          <li key={`${vote.at}${vote.by.name}`} className={vote.revision === revision ? undefined : 'opacity-70'}>
            <p className="flex flex-wrap items-center gap-x-2">
              <Verdict verdict={vote.verdict} />
              <PersonName person={vote.by} />
              <RelativeTime at={vote.at} className="text-quiet" />
              {vote.revision !== revision && <span className="text-quiet">on revision {vote.revision}: counts no longer</span>}
            </p>
            {vote.message !== '' && (
              <p className="mt-1 whitespace-pre-wrap">
                <Specimen text={vote.message} plain />
              </p>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

function Verdict({ verdict }: { readonly verdict: VoteShown['verdict'] }) {
  return verdict === 'approve' ? (
    <Badge tone="good">
      <Check aria-hidden="true" />
      approved
    </Badge>
  ) : (
    <Badge tone="warning">
      <MessageSquareWarning aria-hidden="true" />
      wants changes
    </Badge>
  )
}
