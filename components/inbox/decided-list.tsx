import { Check, Minus } from 'lucide-react'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'
import { RelativeTime } from '../ui/relative-time'
import { STATE_WORDS } from './hold-words'
import { cardHref, type HoldRow } from './inbox-shown'

type DecidedListProps = { readonly title: string; readonly rows: readonly HoldRow[]; readonly selected: string | null }

const SIGNS = { good: <Check className="text-allow" />, bad: <Minus className="text-deny" /> } as const

/** Calls that people or time have decided: how, by whom, and when. */
export function DecidedList({ title, rows, selected }: DecidedListProps) {
  if (rows.length === 0) return null
  return (
    <section aria-label={title} className="mt-5">
      <h2 className="px-3 pb-1 font-medium text-quiet text-xs">{title}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Link
              href={cardHref(row.id)}
              aria-current={row.id === selected ? 'true' : undefined}
              className="flex items-baseline gap-2 rounded-md px-3 py-1.5 text-quiet text-xs hover:bg-hover aria-[current]:bg-hover pointer-coarse:py-3"
            >
              <span aria-hidden="true" className="translate-y-0.5 [&_svg]:size-3">
                {SIGNS[STATE_WORDS[row.state].tone === 'good' ? 'good' : 'bad']}
              </span>
              <span className="min-w-0 flex-1 truncate">
                <Specimen text={row.tool} plain /> <Decided row={row} />
              </span>
              <RelativeTime at={row.endedAt ?? row.decidedAt ?? row.openedAt} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** `denied by Maria`, `approved by Maria and Sam`, `expired`. */
export function Decided({ row: { state, said } }: { readonly row: Pick<HoldRow, 'state' | 'said'> }) {
  const verdict = state === 'denied' ? 'deny' : 'approve'
  const names = said.filter((each) => each.verdict === verdict).map(({ name }) => name)
  const isByPeople = names.length > 0 && !['held', 'expired', 'cancelled'].includes(state)
  return (
    <span>
      {isByPeople
        ? state === 'denied'
          ? 'denied by '
          : state === 'revoked'
            ? 'taken back, approved by '
            : 'approved by '
        : STATE_WORDS[state].word.toLowerCase()}
      {isByPeople && <Names names={names} />}
    </span>
  )
}

/** Names are somebody's text. */
export function Names({ names }: { readonly names: readonly string[] }) {
  const numbered = names.map((name, at) => ({ name, at }))
  return numbered.map(({ name, at }) => (
    <span key={at} className="[&_bdi]:font-sans">
      {at > 0 && (at === names.length - 1 ? ' and ' : ', ')}
      <Specimen text={name} plain />
    </span>
  ))
}
