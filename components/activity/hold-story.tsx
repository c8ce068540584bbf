import { Specimen } from '../specimen'
import { Link } from '../ui/link'

/** One thing that people or a gateway did about a call that waited, as the log has it. Names may be hostile. */
export type HoldEvent = {
  readonly key: string
  readonly type: string
  /** ISO 8601, by the database. */
  readonly at: string
  readonly hold: string | null
  readonly grant: string | null
  readonly verdict: string | null
  readonly because: string | null
  /** Who did it, or who counted. */
  readonly people: readonly string[]
}

/** How people decided about the call, from the log alone: who was asked, who said what, what used it. */
export function HoldStory({ events }: { readonly events: readonly HoldEvent[] }) {
  if (events.length === 0) return null
  return (
    <ol aria-label="What people decided" className="mb-4 space-y-1 border-line border-l-2 pl-3 text-sm">
      {events.map((event) => (
        <li key={event.key}>
          <time dateTime={event.at} title={`${event.at} (UTC)`} className="mr-2 text-quiet tabular-nums">
            {event.at.slice(11, 19)}
          </time>
          <Words event={event} />
        </li>
      ))}
    </ol>
  )
}

function Words({ event: { type, hold, grant, verdict, because, people } }: { readonly event: HoldEvent }) {
  switch (type) {
    case 'hold.open':
      return (
        <>
          It waited for people as{' '}
          {hold !== null && (
            <Link href={`/inbox/${encodeURIComponent(hold)}`} className="rounded-sm underline underline-offset-2">
              <Specimen text={hold} plain />
            </Link>
          )}
        </>
      )
    case 'vote':
      return (
        <>
          <People names={people} /> {verdict === 'approve' ? 'approved it.' : 'denied it.'}
        </>
      )
    case 'hold.claimed':
      return (
        <>
          The approval of <People names={people} /> was used, once.
        </>
      )
    case 'grant.used':
      return (
        <>
          It was let through by the grant <Specimen text={grant ?? ''} plain />.
        </>
      )
    default:
      return <Plain type={type} because={because} people={people} />
  }
}

const SENTENCES: { readonly [type: string]: string } = {
  'hold.attach': 'An identical call came back for it.',
  'hold.approved': 'Enough people had approved it.',
  'hold.denied': 'It was denied: nothing ran.',
  'hold.expired': 'Its time ran out: nothing ran.',
  'hold.cancelled': 'The agent took it back: nothing ran.',
  'hold.revoked': 'The approval was taken back: nothing ran.',
}

function Plain({ type, because, people }: Pick<HoldEvent, 'type' | 'because' | 'people'>) {
  return (
    <>
      {Object.hasOwn(SENTENCES, type) ? SENTENCES[type] : <Specimen text={type} plain />}
      {because !== null && (
        <span className="text-quiet">
          {' '}
          (<Specimen text={because} plain />)
        </span>
      )}
      {type === 'hold.revoked' && people.length > 0 && (
        <>
          {' '}
          By <People names={people} />.
        </>
      )}
    </>
  )
}

function People({ names }: { readonly names: readonly string[] }) {
  const numbered = names.map((name, at) => ({ name, at }))
  return numbered.map(({ name, at }) => (
    <span key={at} className="font-medium [&_bdi]:font-sans">
      {at > 0 && ' and '}
      <Specimen text={name} plain />
    </span>
  ))
}
