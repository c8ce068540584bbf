import type { ComponentProps } from 'react'
import { type ButtonLook, buttonLook } from './button-look'
import { cn } from './class-names'
import { Link } from './link'

type LinkButtonProps = Pick<ComponentProps<'a'>, 'children' | 'className' | 'title' | 'id' | 'download' | 'aria-label' | 'aria-current'> &
  ButtonLook & { readonly href: string; readonly fresh?: boolean }

const HOVER = {
  primary: 'hover:bg-accent/90',
  secondary: 'hover:bg-hover',
  quiet: 'hover:bg-hover hover:text-ink',
  danger: 'hover:border-deny',
} as const

/** A link that looks like a button. `fresh` loads the whole document: for pages whose security headers differ from this one's. */
export function LinkButton({ href, look, size, fresh = false, className, ...rest }: LinkButtonProps) {
  const looks = cn(buttonLook({ look, size }), HOVER[look ?? 'secondary'], className)
  return fresh ? <a href={href} className={looks} {...rest} /> : <Link href={href} className={looks} {...rest} />
}
