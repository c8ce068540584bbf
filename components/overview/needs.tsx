import { Check, FileCheck2, Hourglass, type LucideIcon, RadioTower, ShieldAlert } from 'lucide-react'
import { Specimen } from '../specimen'
import { Link } from '../ui/link'

/** One thing that waits for somebody who is looking at this page. */
export type Need = {
  readonly kind: 'review' | 'gateway' | 'holds' | 'integrity'
  readonly key: string
  /** Who or what it is about; hostile text. */
  readonly subject: string | null
  readonly sentence: string
  readonly href: string
}

const SIGNS: Record<Need['kind'], LucideIcon> = { review: FileCheck2, gateway: RadioTower, holds: Hourglass, integrity: ShieldAlert }

/** What needs this person, most urgent first; or that nothing does. */
export function Needs({ needs }: { readonly needs: readonly Need[] }) {
  if (needs.length === 0)
    return (
      <p className="flex items-center gap-2 py-1 text-quiet text-sm">
        <Check aria-hidden="true" className="size-4 text-allow" />
        Nothing needs you.
      </p>
    )
  return (
    <ul className="divide-y divide-line rounded-md border border-held-line">
      {needs.map(({ kind, key, subject, sentence, href }) => {
        const Sign = SIGNS[kind]
        return (
          <li key={key}>
            <Link href={href} className="flex min-h-9 items-center gap-2.5 px-3 py-1.5 text-sm hover:bg-hover">
              <Sign aria-hidden="true" className="size-4 shrink-0 text-held" />
              <span className="min-w-0 flex-1">
                {subject !== null && (
                  <>
                    <Specimen text={subject} plain />{' '}
                  </>
                )}
                {sentence}
              </span>
              <span aria-hidden="true" className="text-quiet">
                →
              </span>
            </Link>
          </li>
        )
      })}
    </ul>
  )
}
