import { cn } from '../ui/class-names'
import { Link } from '../ui/link'

/** Calls of one span of time by how they were decided. `from` and `to` are ISO 8601. */
export type CallSpan = { readonly from: string; readonly to: string; readonly allow: number; readonly held: number; readonly deny: number }

type CallsChartProps = {
  readonly spans: readonly CallSpan[]
  /** Where the calls of a span are listed. */
  readonly hrefOf: (span: CallSpan) => string
}

const WIDTH = 960
const HEIGHT = 132
const GAP = 2

const LAYERS = [
  { key: 'deny', word: 'denied', fill: 'fill-deny-line', dot: 'bg-deny-line' },
  { key: 'held', word: 'held', fill: 'fill-held-line', dot: 'bg-held-line' },
  { key: 'allow', word: 'allowed', fill: 'fill-allow-line', dot: 'bg-allow-line' },
] as const

/** Bars over time, refusals at the foot where they can be compared; each leads to its calls. */
export function CallsChart({ spans, hrefOf }: CallsChartProps) {
  const most = Math.max(1, ...spans.map(sumOf))
  const step = WIDTH / Math.max(1, spans.length)
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-33 w-full" aria-hidden="true">
        {[0, 0.5, 1].map((part) => (
          <line
            key={part}
            x1="0"
            x2={WIDTH}
            y1={HEIGHT * part}
            y2={HEIGHT * part}
            className="stroke-line"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        ))}
        {spans.map((span, at) => (
          <Bar key={span.from} span={span} x={at * step} width={step - GAP} scale={(HEIGHT - 4) / most} href={hrefOf(span)} />
        ))}
      </svg>
      <Ticks spans={spans} most={most} />
    </figure>
  )
}

type BarProps = { readonly span: CallSpan; readonly x: number; readonly width: number; readonly scale: number; readonly href: string }

function Bar({ span, x, width, scale, href }: BarProps) {
  let below = 0
  return (
    <a href={href} tabIndex={-1} className="group">
      <title>{`${timeOf(span.from)} to ${timeOf(span.to)} UTC: ${span.allow} allowed, ${span.held} held, ${span.deny} denied`}</title>
      <rect x={x} y="0" width={width} height={HEIGHT} className="fill-transparent group-hover:fill-hover" />
      {LAYERS.map(({ key, fill }) => {
        const height = span[key] * scale
        below += height
        return height > 0 && <rect key={key} x={x} y={HEIGHT - below} width={width} height={height} className={fill} />
      })}
    </a>
  )
}

/** The times under the bars, and how high the highest is. */
function Ticks({ spans, most }: { readonly spans: readonly CallSpan[]; readonly most: number }) {
  const first = spans[0]
  const middle = spans[Math.floor(spans.length / 2)]
  return (
    <figcaption className="flex justify-between pt-1 text-quiet text-xs tabular-nums">
      <span>{first && timeOf(first.from)}</span>
      <span className="hidden sm:inline">{middle && timeOf(middle.from)}</span>
      <span>highest bar {most.toLocaleString('en')} · UTC</span>
    </figcaption>
  )
}

const timeOf = (at: string): string => `${at.slice(5, 10)} ${at.slice(11, 16)}`

type TotalsProps = { readonly spans: readonly CallSpan[]; readonly hrefOf: (outcome: 'allow' | 'held' | 'deny') => string }

/** The same as numbers, each leading to its rows. */
export function CallTotals({ spans, hrefOf }: TotalsProps) {
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {LAYERS.toReversed().map(({ key, word, dot }) => (
        <li key={key}>
          <Link href={hrefOf(key)} className="inline-flex items-center gap-1.5 rounded-sm hover:underline">
            <span aria-hidden="true" className={cn('size-2 rounded-xs', dot)} />
            <span className="font-semibold tabular-nums">{spans.reduce((sum, span) => sum + span[key], 0).toLocaleString('en')}</span>
            <span className="text-quiet">{word}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

const sumOf = ({ allow, held, deny }: CallSpan): number => allow + held + deny
