import { Activity, FileCheck2, Gauge, Inbox, type LucideIcon, RadioTower, Settings, ShieldCheck, Users } from 'lucide-react'
import { hasRight, type Right, type Role } from '../../core/roles'

/** One page of the frame. `key` is pressed after `g` to go there. */
export type Place = {
  readonly href: string
  readonly label: string
  readonly right: Right
  readonly icon: LucideIcon
  readonly key: string
  /** A page that is reached from this one and has no place of its own. */
  readonly leadsTo?: string
}

/** Every page with a place in the frame, in its order. */
export const PLACES: readonly Place[] = [
  { href: '/', label: 'Overview', right: 'overview.read', icon: Gauge, key: 'o' },
  { href: '/inbox', label: 'Inbox', right: 'hold.read', icon: Inbox, key: 'i' },
  { href: '/activity', label: 'Activity', right: 'activity.read', icon: Activity, key: 'a' },
  { href: '/policies', label: 'Policies', right: 'policy.read', icon: FileCheck2, key: 'p' },
  { href: '/gateways', label: 'Gateways', right: 'gateway.read', icon: RadioTower, key: 'g' },
  { href: '/integrity', label: 'Integrity', right: 'integrity.read', icon: ShieldCheck, key: 'v', leadsTo: '/evidence' },
  { href: '/users', label: 'Users', right: 'user.read', icon: Users, key: 'u' },
  { href: '/settings', label: 'Settings', right: 'settings.read', icon: Settings, key: 's' },
]

/** Those that a person with these roles may open: what one has no right to is not shown. */
export const placesFor = (roles: readonly Role[]): readonly Place[] => PLACES.filter(({ right }) => hasRight({ roles }, right))

export const isAt = ({ href, leadsTo }: Place, path: string): boolean =>
  isUnder(href, path) || (leadsTo !== undefined && isUnder(leadsTo, path))

const isUnder = (href: string, path: string): boolean => (href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`))
