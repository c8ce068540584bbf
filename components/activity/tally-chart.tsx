import { TriangleAlert } from 'lucide-react'
import { type Facet, toggled, withRange } from '../../core/activity/question'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { CHARTS, type Chart, hrefOf, type Shown } from './explorer'
import { FACET_WORDS, valueWord } from './facet-words'
import { type Layer, type Span, stack, type TalliesShown, timeWords } from './tally-spans'

const WIDTH = 960
const HEIGHT = 112
const GAP = 1.5

/** Calls over time, each bar and each name a way to its calls; the same numbers as a table underneath. */
export function TallyChart({
  tallies,
  shown,
  unknown,
}: {
  readonly tallies: TalliesShown
  readonly shown: Shown
  readonly unknown: readonly string[]
}) {
  const { spans, layers, most } = stack(tallies, shown.chart)
  return (
    <section aria-label="Calls over time" className="mb-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 pb-1.5 text-sm">
        <By shown={shown} />
        <Legend layers={layers} shown={shown} />
      </div>
      {unknown.length > 0 && (
        <p className="flex items-baseline gap-1.5 pb-1.5 text-held text-sm">
          <TriangleAlert aria-hidden="true" className="size-3.5 shrink-0 self-center" />
          Counts every call under the other filters: calls are not counted by {unknown.map(wordOf).join(' or ')}.
        </p>
      )}
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className={cn('h-28 w-full border-line border-b', unknown.length > 0 && 'opacity-50')}
        aria-hidden="true"
      >
        <line x1="0" x2={WIDTH} y1="0.5" y2="0.5" className="stroke-line" vectorEffect="non-scaling-stroke" />
        {spans.map((span, at) => (
          <Bar
            key={span.from}
            span={span}
            layers={layers}
            place={{
              x: (at * WIDTH) / spans.length,
              width: Math.max(1, WIDTH / spans.length - GAP),
              scale: (HEIGHT - 4) / Math.max(1, most),
            }}
            href={hrefOf({ ...shown, question: withRange(shown.question, { is: 'between', from: span.from, to: span.to }) })}
          />
        ))}
      </svg>
      <p className="flex justify-between gap-4 pt-1 text-quiet text-xs tabular-nums">
        <span>{spans[0] && timeWords(spans[0].from)}</span>
        <span>
          highest bar {most.toLocaleString('en')} · {widthWords(tallies.widthMs)} a bar · UTC
        </span>
      </p>
      <Numbers spans={spans} layers={layers} shown={shown} />
    </section>
  )
}

const wordOf = (facet: string): string => (Object.hasOwn(FACET_WORDS, facet) ? FACET_WORDS[facet as Facet].toLowerCase() : facet)

const widthWords = (ms: number): string => {
  const minutes = ms / 60_000
  if (minutes < 60) return `${minutes} min`
  return minutes < 1_440 ? `${minutes / 60} h` : `${minutes / 1_440} d`
}

function By({ shown }: { readonly shown: Shown }) {
  return (
    <nav aria-label="Count calls by" className="flex items-center gap-3">
      <span className="text-quiet">Calls by</span>
      {CHARTS.map((chart) => (
        <Link
          key={chart}
          href={hrefOf({ ...shown, chart })}
          scroll={false}
          aria-current={chart === shown.chart ? 'true' : undefined}
          className={cn('rounded-sm', chart === shown.chart ? 'font-medium underline underline-offset-4' : 'text-quiet hover:text-ink')}
        >
          {FACET_WORDS[chart].toLowerCase()}
        </Link>
      ))}
    </nav>
  )
}

function Legend({ layers, shown }: { readonly layers: readonly Layer[]; readonly shown: Shown }) {
  return (
    <ul className="flex min-w-0 flex-wrap gap-x-4 gap-y-1">
      {layers.map((layer) => (
        <li key={layer.name} className="flex min-w-0 items-center gap-1.5">
          <span aria-hidden="true" className={cn('size-2.5 shrink-0 rounded-xs', layer.dot)} />
          <LayerName layer={layer} shown={shown} />
          <span className="text-quiet tabular-nums">{layer.calls.toLocaleString('en')}</span>
        </li>
      ))}
    </ul>
  )
}

function LayerName({ layer: { name }, shown }: { readonly layer: Layer; readonly shown: Shown }) {
  if (name === '') return <span className="text-quiet">{shown.chart === 'outcome' ? 'none' : 'all others'}</span>
  return (
    <Link
      href={hrefOf({ ...shown, question: toggled(shown.question, shown.chart, name) })}
      className="max-w-64 truncate rounded-sm hover:underline"
    >
      {valueWord(shown.chart, name) ?? <Specimen text={name} plain />}
    </Link>
  )
}

type BarProps = {
  readonly span: Span
  readonly layers: readonly Layer[]
  readonly place: { readonly x: number; readonly width: number; readonly scale: number }
  readonly href: string
}

function Bar({ span, layers, place: { x, width, scale }, href }: BarProps) {
  let below = 0
  return (
    <a href={href} tabIndex={-1} className="group">
      <title>{`${timeWords(span.from)} UTC: ${span.calls.toLocaleString('en')} calls`}</title>
      <rect x={x} y="0" width={width} height={HEIGHT} className="fill-transparent group-hover:fill-hover" />
      {layers.map(({ name, fill }) => {
        const height = (span.byName.get(name) ?? 0) * scale
        below += height
        return height > 0 && <rect key={name} x={x} y={HEIGHT - below} width={width} height={height} className={fill} />
      })}
    </a>
  )
}

/** The chart for whoever can't see it, or wants to copy it; spans without calls are left out. */
function Numbers({ spans, layers, shown }: { readonly spans: readonly Span[]; readonly layers: readonly Layer[]; readonly shown: Shown }) {
  const nameOf = ({ name }: Layer) => valueWord(shown.chart as Chart, name) ?? (name === '' ? 'others' : <Specimen text={name} plain />)
  return (
    <details className="pt-1 text-sm">
      <summary className="w-fit rounded-sm text-quiet text-xs hover:text-ink">As a table</summary>
      <div className="max-h-72 max-w-full overflow-auto">
        <table className="mt-2 tabular-nums">
          <caption className="sr-only">Calls over time by {FACET_WORDS[shown.chart].toLowerCase()}</caption>
          <thead>
            <tr className="text-left text-quiet text-xs">
              <th scope="col" className="py-1 pr-4 font-medium">
                From (UTC)
              </th>
              {layers.map((layer) => (
                <th key={layer.name} scope="col" className="max-w-48 py-1 pr-4 text-right font-medium">
                  {nameOf(layer)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {spans
              .filter(({ calls }) => calls > 0)
              .map((span) => (
                <tr key={span.from}>
                  <th scope="row" className="whitespace-nowrap py-0.5 pr-4 text-left font-normal">
                    {timeWords(span.from)}
                  </th>
                  {layers.map(({ name }) => (
                    <td key={name} className="py-0.5 pr-4 text-right">
                      {(span.byName.get(name) ?? 0).toLocaleString('en')}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
