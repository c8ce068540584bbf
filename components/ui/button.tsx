import type { ComponentProps } from 'react'
import { type ButtonLook, buttonLook } from './button-look'
import { cn } from './class-names'
import { Spinner } from './spinner'

export type ButtonProps = ComponentProps<'button'> & ButtonLook & { readonly pending?: boolean }

/** `pending` says that it was heard: it takes no second press, and shows that it works once that takes longer than 400 ms. */
export function Button({ look, size, pending = false, disabled, type = 'button', className, children, ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      disabled={disabled === true || pending}
      aria-busy={pending || undefined}
      className={cn(buttonLook({ look, size }), className)}
      {...rest}
    >
      {pending && <Spinner />}
      {children}
    </button>
  )
}
