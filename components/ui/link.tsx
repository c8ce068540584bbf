import NextLink from 'next/link'
import type { ComponentProps } from 'react'

type LinkProps = Omit<ComponentProps<typeof NextLink>, 'prefetch'>

/**
 * A link within the console. Nothing is fetched before it is pressed: every page is made anew for who asks, so that what came beforehand
 * would be two requests a link and out of date by the time it is shown.
 */
export function Link(props: LinkProps) {
  return <NextLink prefetch={false} {...props} />
}
