import type { Role } from '../../core/roles'

/** What each role is for, in the words of whoever chooses it. core/roles.ts says what it may. */
export const ROLE_WORDS: { readonly [role in Role]: string } = {
  viewer: 'Sees activity, policies and gateways.',
  author: 'Writes policies, reviews those of others, publishes, accepts changed tools, and sees what calls carry.',
  approver: 'Answers calls that wait for a person, sees what they carry, and reviews policies.',
  auditor: 'Sees users and settings too, and what calls carry. Changes nothing.',
  admin: 'Everything above but answering calls, and manages users and settings.',
}
