import type { ReactNode } from 'react'

export type Standing = 'allow' | 'held' | 'deny' | 'unknown'

const LOOK = {
  allow: { word: 'Allowed', colours: 'border-allow-line bg-allow-back text-allow', icon: <path d="m3.5 8.5 3 3 6-7" /> },
  held: {
    word: 'Held',
    colours: 'border-held-line bg-held-back text-held',
    icon: <path d="M4.5 2.5h7M4.5 13.5h7M5 2.5c0 4 6 7 6 11M11 2.5c0 4-6 7-6 11" />,
  },
  deny: { word: 'Denied', colours: 'border-deny-line bg-deny-back text-deny', icon: <path d="M3.5 8h9" /> },
  unknown: {
    word: 'Unknown',
    colours: 'border-unknown-line bg-unknown-back text-unknown',
    icon: <path d="M5.5 6a2.5 2.5 0 1 1 3.7 2.2C8.4 8.700 8 9.200 8 10M8 12.800v.2" />,
  },
} as const satisfies Record<Standing, { word: string; colours: string; icon: ReactNode }>

/** One colour for each outcome, and never colour alone: a sign and a word go with it. */
export function OutcomeBadge({ standing }: { readonly standing: Standing }) {
  const { word, colours, icon } = LOOK[standing]
  return (
    <span className={`inline-flex items-baseline gap-1 whitespace-nowrap rounded-md border px-1.5 py-px font-medium text-xs ${colours}`}>
      <svg
        viewBox="0 0 16 16"
        className="size-3 self-center"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        aria-hidden="true"
      >
        {icon}
      </svg>
      {word}
    </span>
  )
}
