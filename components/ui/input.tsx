import type { ComponentProps } from 'react'
import { cn } from './class-names'
import { INPUT_LOOK } from './input-look'

export function Input({ className, type = 'text', ...rest }: ComponentProps<'input'>) {
  return <input type={type} className={cn(INPUT_LOOK, 'h-8 pointer-coarse:h-10', className)} {...rest} />
}
