import type { ComponentProps } from 'react'
import { cn } from './class-names'

/** A small count or a filter's word beside its name. */
export function Pill({ className, ...rest }: ComponentProps<'span'>) {
  return (
    <span
      className={cn(
        'inline-flex min-w-5 items-center justify-center rounded-full bg-hover px-1.5 py-px text-quiet text-xs tabular-nums',
        className,
      )}
      {...rest}
    />
  )
}
