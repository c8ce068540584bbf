import { hasRight, ROLES, type Role } from '../roles'

/** Somebody as the rules for approvers see them. `groups` are names. */
export type Approver = { readonly id: string; readonly email: string; readonly roles: readonly Role[]; readonly groups: readonly string[] }

/** Whose call it is: the agent's principal, and the user whose token it carries (null where there is none). */
export type Requester = { readonly principal: string; readonly owner: string | null }

/** Why somebody may not decide about a call. */
export type Ineligible = 'role' | 'requester' | 'not_named'

const fold = (text: string): string => text.normalize('NFC').trim().toLowerCase()

/**
 * Whether one of these words names this person: the name of a role is that role, what has an `@` is the person with that address, and
 * anything else is a group.
 */
export const isNamed = ({ email, roles, groups }: Approver, approvers: readonly string[]): boolean =>
  approvers.map(fold).some((word) => {
    if ((ROLES as readonly string[]).includes(word)) return roles.includes(word as Role)
    return word.includes('@') ? word === fold(email) : groups.includes(word)
  })

/** The agent that asks under somebody's address, or with somebody's token, is them: nobody approves their own call. */
export const isRequester = ({ id, email }: Approver, { principal, owner }: Requester): boolean =>
  fold(principal) === fold(email) || owner === id

/** Why this person may not decide about a call that these sets of approvers are asked about; null where they may. */
export function whyNot(
  person: Approver,
  requester: Requester,
  approvals: readonly { readonly approvers: readonly string[] }[],
): Ineligible | null {
  if (!hasRight(person, 'hold.decide')) return 'role'
  if (isRequester(person, requester)) return 'requester'
  return approvals.some(({ approvers }) => isNamed(person, approvers)) ? null : 'not_named'
}

/** The same in a sentence for whom it concerns. */
export const INELIGIBLE: { readonly [reason in Ineligible]: string } = {
  role: 'This needs one of the roles approver, admin.',
  requester: 'This call was made on your behalf: somebody else has to decide about it.',
  not_named: 'The rule asks other people about this call. Roles and groups are given under Users, by an admin.',
}
