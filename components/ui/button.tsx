'use client'

import type { ComponentProps } from 'react'
import { useAwake } from './awake'
import { type ButtonLook, buttonLook } from './button-look'
import { cn } from './class-names'
import { Spinner } from './spinner'

export type ButtonProps = ComponentProps<'button'> & ButtonLook & { readonly pending?: boolean }

/**
 * Takes a press from when it can answer one. `pending` says that it was heard: it takes no second press, and shows that it works once that
 * takes longer than 400 ms.
 */
export function Button({ look, size, pending = false, disabled, type = 'button', className, children, ...rest }: ButtonProps) {
  const isAwake = useAwake()
  return (
    <button
      type={type}
      disabled={!isAwake || disabled === true || pending}
      data-asleep={isAwake || disabled === true ? undefined : ''}
      aria-busy={pending || undefined}
      className={cn(buttonLook({ look, size }), className)}
      {...rest}
    >
      {pending && <Spinner />}
      {children}
    </button>
  )
}
