import type { ReactNode } from 'react'
import { cn } from '../ui/class-names'

const LINE_PX = 20
/** Its head, and room for lines that wrap or stand below each other. */
const BESIDE_PX = 140

type FittedDiffProps = { readonly texts: readonly string[]; readonly className: string; readonly children: ReactNode }

/** As high as the longer text, up to the bound of `className`: a short policy leaves no hole above what is decided about it. */
export function FittedDiff({ texts, className, children }: FittedDiffProps) {
  const lines = Math.max(...texts.map((text) => text.split('\n').length))
  return (
    <div
      className={cn('min-h-64 overflow-hidden rounded-md border border-line', className)}
      style={{ height: lines * LINE_PX + BESIDE_PX }}
    >
      {children}
    </div>
  )
}
