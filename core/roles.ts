import { AppError } from './errors'

export const ROLES = ['viewer', 'author', 'approver', 'auditor', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who did something in the console: read from the database for every request, never from a cookie. Ids are 32 hexadecimal digits. */
export type Actor = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly session: string
  /** Where the request came from, for the log; absent where nobody can tell. */
  readonly address?: string
  /** Milliseconds since this person last proved who they are in this session. */
  readonly provedMs: number
}

/** Every right there is, and the roles that have it. Pages, actions and routes each name one; a test tries every role at every one. */
export const RIGHTS = {
  'overview.read': ROLES,
  'activity.read': ROLES,
  /** The clear text of arguments and results. */
  'activity.reveal': ['author', 'approver', 'auditor', 'admin'],
  'view.save': ROLES,
  'gateway.read': ROLES,
  'policy.read': ROLES,
  'policy.draft': ['author', 'admin'],
  /** Never of one's own draft: db/reviews.ts says so. */
  'policy.review': ['author', 'approver', 'admin'],
  'policy.publish': ['author', 'admin'],
  'pin.read': ROLES,
  'hold.read': ROLES,
  /** Voting on calls that wait, and what comes of it: the rule decides which of these people it asks. */
  'hold.decide': ['approver', 'admin'],
  'pin.accept': ['author', 'admin'],
  'user.read': ['auditor', 'admin'],
  'user.manage': ['admin'],
  /** Taking part of the log out of here as a file; clear text in it needs `activity.reveal` too. */
  'evidence.export': ['auditor', 'admin'],
  /** Whether the log is what was recorded: what is sealed, by whom it is seen, and the proofs of it. */
  'integrity.read': ROLES,
  /** The text of every entry, names and addresses of people among them: whoever verifies the log reads it all. */
  'integrity.verify': ['auditor', 'admin'],
  /** Saying that what somebody noticed about the log is over. */
  'alarm.end': ['admin'],
  /** What no sweep and no erasure may take, until it is lifted. */
  'retention.hold': ['auditor', 'admin'],
  /** Erasing clear text of a call or of a principal, for good. */
  'retention.erase': ['admin'],
  'settings.read': ['auditor', 'admin'],
  'settings.manage': ['admin'],
  /** One's own password, sessions and devices. */
  'account.self': ROLES,
} as const satisfies Record<string, readonly Role[]>

export type Right = keyof typeof RIGHTS

/** What must be preceded by a fresh proof of who one is. */
export const PROVED_RIGHTS: readonly Right[] = [
  'policy.publish',
  'user.manage',
  'settings.manage',
  'retention.hold',
  'retention.erase',
  'evidence.export',
  'alarm.end',
]
export const PROOF_LASTS_MS = 10 * 60_000
/** What a refused action says when the proof is missing or too old: the console then asks for it and tries again. */
export const PROVE_FIRST = 'Prove who you are first: it was too long ago.'

export const hasRight = ({ roles }: { readonly roles: readonly Role[] }, right: Right): boolean =>
  roles.some((role) => (RIGHTS[right] as readonly Role[]).includes(role))

/** Throws AppError('forbidden') naming what is missing. */
export function requireRight(actor: Actor, right: Right): void {
  if (!hasRight(actor, right)) throw new AppError('forbidden', `This needs one of the roles ${RIGHTS[right].join(', ')}.`)
}
