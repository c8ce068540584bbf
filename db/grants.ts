/** The group roles of the schema; each login role is a member of exactly one. */
export const GROUP_ROLES = ['gateway', 'console', 'sealer', 'auditor'] as const
export type GroupRole = (typeof GROUP_ROLES)[number]

export const groupRoleOf = (role: GroupRole): string => `countersign_${role}`
