import type { ComponentProps } from 'react'
import { cn } from './class-names'
import { INPUT_LOOK } from './input-look'

export function Textarea({ className, rows = 3, ...rest }: ComponentProps<'textarea'>) {
  return <textarea rows={rows} className={cn(INPUT_LOOK, 'block resize-y py-1.5', className)} {...rest} />
}
