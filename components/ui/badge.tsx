import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { cn } from './class-names'

const badgeLook = cva(
  'inline-flex items-baseline gap-1 whitespace-nowrap rounded-md border px-1.5 py-px font-medium text-xs [&_svg]:size-3 [&_svg]:shrink-0 [&_svg]:self-center',
  {
    variants: {
      tone: {
        neutral: 'border-line bg-raised text-quiet',
        accent: 'border-accent/40 bg-accent-back text-accent',
        good: 'border-allow-line bg-allow-back text-allow',
        warning: 'border-held-line bg-held-back text-held',
        bad: 'border-deny-line bg-deny-back text-deny',
        unknown: 'border-unknown-line bg-unknown-back text-unknown',
      },
    },
    defaultVariants: { tone: 'neutral' },
  },
)

export type Tone = NonNullable<VariantProps<typeof badgeLook>['tone']>

/** A word on what something is. The tones are those of outcomes, so a word always goes with them; a sign helps. */
export function Badge({ tone, className, ...rest }: ComponentProps<'span'> & VariantProps<typeof badgeLook>) {
  return <span className={cn(badgeLook({ tone }), className)} {...rest} />
}
