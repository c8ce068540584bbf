'use client'

import { usePathname } from 'next/navigation'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { PLACES } from './places'

const WORDS: { readonly [segment: string]: string } = {
  account: 'Account',
  evidence: 'Evidence',
  draft: 'Draft',
  compare: 'Compare',
  review: 'Review',
  history: 'History',
  grants: 'Grants',
}

const SHOWN_OF_ID = 10

type Crumb = { readonly href: string; readonly words: string; readonly isOurs: boolean }

/** Where one is, from the address alone: each step leads back to its page. */
export function Breadcrumb() {
  const crumbs = crumbsOf(usePathname())
  return (
    <nav aria-label="Where this is" className="min-w-0 flex-1">
      <ol className="flex min-w-0 items-center gap-1.5 text-sm">
        {crumbs.map(({ href, words, isOurs }, at) => {
          const isLast = at === crumbs.length - 1
          const shown = isOurs ? words : <Specimen text={words} plain />
          return (
            <li
              key={href}
              className={cn(
                'flex items-center gap-1.5 max-md:[&:nth-last-child(n+3)]:hidden',
                isOurs && at < crumbs.length - 1 ? 'shrink-0' : 'min-w-0',
              )}
            >
              {at > 0 && (
                <span aria-hidden="true" className={cn('text-quiet', at === crumbs.length - 2 && 'max-md:hidden')}>
                  /
                </span>
              )}
              {isLast ? (
                <span aria-current="page" className="truncate font-medium">
                  {shown}
                </span>
              ) : (
                <Link href={href} className="truncate rounded-sm text-quiet hover:text-ink">
                  {shown}
                </Link>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

const crumbsOf = (path: string): readonly Crumb[] => {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length === 0) return [{ href: '/', words: 'Overview', isOurs: true }]
  return segments.map((segment, at) => {
    const href = `/${segments.slice(0, at + 1).join('/')}`
    const ours = at === 0 ? PLACES.find((place) => place.href === href)?.label : undefined
    const words = ours ?? (at === 1 && segments[0] !== 'inbox' ? undefined : WORDS[segment]) ?? (at === 0 ? WORDS[segment] : undefined)
    return words === undefined ? { href, words: shortened(decoded(segment)), isOurs: false } : { href, words, isOurs: true }
  })
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The id of a call is told by its beginning. */
const shortened = (text: string): string => (/^[0-9a-f]{32}$/.test(text) ? `${text.slice(0, SHOWN_OF_ID)}…` : text)
