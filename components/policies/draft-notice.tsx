import { Callout } from '../ui/callout'
import { RelativeTime } from '../ui/relative-time'
import { DraftBadge, type DraftStateShown } from './draft-badge'
import { PersonName, type PersonShown } from './person-name'

type DraftNoticeProps = {
  readonly name: string
  readonly inForce: number
  readonly draft: {
    readonly state: DraftStateShown
    readonly revision: number
    readonly base: number
    readonly by: PersonShown
    readonly at: string
  }
}

/** That somebody works on it, how far they are, and whether it has to be based anew. */
export function DraftNotice({ name, inForce, draft: { state, revision, base, by, at } }: DraftNoticeProps) {
  const isStale = base !== inForce
  return (
    <Callout tone={isStale ? 'warning' : 'note'} className="mb-5">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <DraftBadge state={state} />
        <span>
          Revision {revision}, saved <RelativeTime at={at} /> by <PersonName person={by} />
          {base > 0 && `, made from version ${base}`}.
        </span>
        {isStale && (
          <span>
            Version {inForce} is in force since:{' '}
            <a className="underline" href={`/policies/${name}/draft`}>
              base the draft on it
            </a>{' '}
            before it can be published.
          </span>
        )}
      </p>
    </Callout>
  )
}
