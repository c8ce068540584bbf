import type { Role } from '../../core/roles'

/** A user as the list draws them; times are ISO 8601. */
export type UserRow = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  /** Groups that policies may name as approvers. */
  readonly groups: readonly string[]
  readonly seenAt: string | null
  readonly isDisabled: boolean
  readonly hasPassword: boolean
  readonly isLinked: boolean
}

export type InviteRow = {
  readonly id: string
  readonly email: string
  readonly roles: readonly Role[]
  readonly invitedBy: string
  readonly expiresAt: string
  readonly isExpired: boolean
}
