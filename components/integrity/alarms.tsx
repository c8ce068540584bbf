import { BellOff } from 'lucide-react'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { RelativeTime } from '../ui/relative-time'
import type { AlarmShown } from './integrity-shown'

/** What somebody noticed who looks at the log all the time, open alarms first. */
export function Alarms({ alarms }: { readonly alarms: readonly AlarmShown[] }) {
  if (alarms.length === 0)
    return (
      <p className="flex items-center gap-2 py-1 text-quiet text-sm">
        <BellOff aria-hidden="true" className="size-4" />
        None: no gap, fork, regression, silent writer or restored backup was noticed.
      </p>
    )
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {alarms.map(({ id, kind, sentence, foundBy, at, endedAt }) => (
        <li key={id} className="px-3 py-2 text-sm">
          <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
            <Badge tone={endedAt === null ? 'bad' : 'neutral'}>{endedAt === null ? kind : `${kind}, over`}</Badge>
            <span className="wrap-anywhere min-w-0 flex-1 basis-72">
              <Specimen text={sentence} plain />
            </span>
          </div>
          <p className="mt-0.5 text-quiet text-xs">
            found by <Specimen text={foundBy} plain /> <RelativeTime at={at} />
            {endedAt !== null && (
              <>
                , over since <RelativeTime at={endedAt} />
              </>
            )}
          </p>
        </li>
      ))}
    </ul>
  )
}
