'use client'

import type { LiveData } from '../live/live-data'
import { useLive } from '../live/use-live'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'

/** What the last publication put in force, and by whose word. */
export function InForceList({ drawn }: { readonly drawn: LiveData['policies'] }) {
  const { data: inForce } = useLive('policies', drawn)
  if (inForce === null) return <p className="py-1 text-quiet text-sm">Nothing was published yet; every call is refused.</p>
  const { policies, guardrail, publishedAt, message } = inForce
  return (
    <>
      <ul>
        {policies.map(({ name, version }) => (
          <Named key={name} name={name} version={version} />
        ))}
        {guardrail !== null && <Named name={guardrail.name} version={guardrail.version} more="guardrail, over all of them" />}
      </ul>
      <p className="pt-1 text-quiet text-sm">
        Published <RelativeTime at={publishedAt} />
        {message !== '' && (
          <>
            {': “'}
            <span className="[&_bdi]:font-sans">
              <Specimen text={message} plain />
            </span>
            ”
          </>
        )}
      </p>
    </>
  )
}

function Named({ name, version, more }: { readonly name: string; readonly version: number; readonly more?: string }) {
  return (
    <li className="flex h-8 items-center gap-2 text-sm">
      <Link href={`/policies/${encodeURIComponent(name)}`} className="min-w-0 truncate rounded-sm hover:underline">
        <Specimen text={name} plain />
      </Link>
      <span className="font-medium tabular-nums">v{version}</span>
      {more !== undefined && <span className="text-quiet">{more}</span>}
    </li>
  )
}
