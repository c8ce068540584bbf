import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from './class-names'

const TONES = {
  note: { look: 'border-line bg-raised', icon: <Info className="text-accent" /> },
  good: { look: 'border-allow-line bg-allow-back', icon: <CircleCheck className="text-allow" /> },
  warning: { look: 'border-held-line bg-held-back', icon: <TriangleAlert className="text-held" /> },
  bad: { look: 'border-deny-line bg-deny-back', icon: <CircleAlert className="text-deny" /> },
} as const

type CalloutProps = {
  readonly tone?: keyof typeof TONES
  readonly title?: ReactNode
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly className?: string
}

/** A fact that must be seen beside what it is about: one sentence, and what to do. What is bad is spoken at once. */
export function Callout({ tone = 'note', title, children, action, className }: CalloutProps) {
  const { look, icon } = TONES[tone]
  return (
    <div
      className={cn('flex items-start gap-2.5 rounded-md border px-3 py-2 text-sm', look, className)}
      {...(tone === 'bad' ? { role: 'alert' } : {})}
    >
      <span aria-hidden="true" className="mt-0.5 [&_svg]:size-4">
        {icon}
      </span>
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-medium">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  )
}
