import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from './class-names'
import { INPUT_LOOK } from './input-look'

/** The browser's own list of choices, with our edge: it works before scripts do, and as a wheel on a phone. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-flex w-full', className)}>
      <select className={cn(INPUT_LOOK, 'h-8 appearance-none pr-8 pointer-coarse:h-10')} {...rest}>
        {children}
      </select>
      <ChevronDown aria-hidden="true" className="pointer-events-none absolute inset-y-0 right-2 my-auto size-4 text-quiet" />
    </span>
  )
}
