import { BellOff } from 'lucide-react'
import { PersonName } from '../policies/person-name'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { RelativeTime } from '../ui/relative-time'
import { EndAlarm } from './end-alarm'
import type { AlarmShown, EndAlarm as End } from './integrity-shown'

type AlarmsProps = {
  readonly alarms: readonly AlarmShown[]
  /** Null for whoever may not. */
  readonly end: End | null
}

/** What somebody noticed who looks at the log all the time, open alarms first. */
export function Alarms({ alarms, end }: AlarmsProps) {
  if (alarms.length === 0)
    return (
      <p className="flex items-center gap-2 py-1 text-quiet text-sm">
        <BellOff aria-hidden="true" className="size-4" />
        None: no gap, fork, regression, silent writer or restored backup was noticed.
      </p>
    )
  return (
    <ul aria-label="Alarms" className="divide-y divide-line rounded-md border border-line">
      {alarms.map((alarm) => (
        <li key={alarm.id} className="px-3 py-2 text-sm">
          <Alarm alarm={alarm} end={end} />
        </li>
      ))}
    </ul>
  )
}

function Alarm({ alarm: { id, kind, sentence, foundBy, at, ended }, end }: { readonly alarm: AlarmShown; readonly end: End | null }) {
  return (
    <>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <Badge tone={ended ? 'neutral' : 'bad'}>{ended ? `${kind}, ${ended.said ? 'ended' : 'over'}` : kind}</Badge>
        <span className="wrap-anywhere min-w-0 flex-1 basis-72">
          <Specimen text={sentence} plain />
        </span>
        {!ended && end && <EndAlarm id={id} end={end} />}
      </div>
      <p className="wrap-anywhere mt-0.5 text-quiet text-xs">
        found by <Specimen text={foundBy} plain /> <RelativeTime at={at} />
        {ended && !ended.said && (
          <>
            , over since <RelativeTime at={ended.at} />
          </>
        )}
        {ended?.said && (
          <>
            , ended <RelativeTime at={ended.at} /> by <PersonName person={ended.said.by} />: <Specimen text={ended.said.because} plain />
          </>
        )}
      </p>
    </>
  )
}
