import { type MinutesShown, SHOWN_MINUTES, type TimelineSpan, timelineSpans } from './timeline-spans'

const WIDTH = 960
const HEIGHT = 112
const MARKS = 14
const GAP = 2

/** Entries sealed each minute, under marks for checkpoints and witnesses; a minute without a checkpoint is drawn as the gap it is. */
export function Timeline({ minutes }: { readonly minutes: MinutesShown }) {
  const spans = timelineSpans(minutes)
  const most = Math.max(1, ...spans.map(({ entries }) => entries ?? 0))
  const step = WIDTH / SHOWN_MINUTES
  const gaps = spans.filter(({ entries }) => entries === null).length
  return (
    <figure aria-label="Entries sealed per minute">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + MARKS}`} preserveAspectRatio="none" className="h-32 w-full" aria-hidden="true">
        {spans.map((span, at) => (
          <Minute key={span.at} span={span} x={at * step} width={step - GAP} scale={(HEIGHT - 4) / most} />
        ))}
      </svg>
      <figcaption className="flex flex-wrap justify-between gap-x-4 pt-1 text-quiet text-xs tabular-nums">
        <span>{timeOf(spans[0])}</span>
        <span className="flex flex-wrap gap-x-4">
          <Legend className="h-2 w-2 bg-edge" words="entries" />
          <Legend className="h-1 w-2.5 bg-accent" words="checkpoints" />
          <Legend className="h-1 w-2.5 bg-allow-line" words="cosigned by witnesses" />
          {gaps > 0 && (
            <span>
              {gaps} of {SHOWN_MINUTES} minutes without a checkpoint: gaps
            </span>
          )}
        </span>
        <span>
          highest bar {most.toLocaleString('en')} · {timeOf(spans.at(-1))} UTC
        </span>
      </figcaption>
    </figure>
  )
}

function Legend({ className, words }: { readonly className: string; readonly words: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden="true" className={className} />
      {words}
    </span>
  )
}

type MinuteProps = { readonly span: TimelineSpan; readonly x: number; readonly width: number; readonly scale: number }

function Minute({ span: { at, entries, size, checkpoints, cosignatures }, x, width, scale }: MinuteProps) {
  const foot = HEIGHT + MARKS
  if (entries === null)
    return (
      <g>
        <title>{`${at.slice(11, 16)} UTC: no checkpoint was signed`}</title>
        <line
          x1={x}
          x2={x + width}
          y1={foot - 0.5}
          y2={foot - 0.5}
          strokeDasharray="3 4"
          className="stroke-edge"
          vectorEffect="non-scaling-stroke"
        />
      </g>
    )
  const height = Math.max(1, entries * scale)
  return (
    <g>
      <title>{`${at.slice(11, 16)} UTC: ${entries} entries sealed, up to #${size}; ${checkpoints} checkpoints, ${cosignatures} cosignatures`}</title>
      <rect x={x} y={foot - height} width={width} height={height} className="fill-edge" />
      <rect x={x} y={0} width={width} height={4} className="fill-accent" />
      {cosignatures > 0 && <rect x={x} y={7} width={width} height={4} className="fill-allow-line" />}
    </g>
  )
}

const timeOf = (span: TimelineSpan | undefined): string => (span ? span.at.slice(11, 16) : '')
