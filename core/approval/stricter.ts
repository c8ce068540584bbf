import type { Approval } from '../policy/model'

/**
 * Whether what a rule asks now is more than what people were asked then: every set asked now must lie inside one that was asked, in who may
 * say yes, how many must, and for how long that counts.
 */
export const asksMore = (now: readonly Approval[], then: readonly Approval[]): boolean =>
  !now.every((set) => then.some((asked) => covers(asked, set)))

const covers = (asked: Approval, now: Approval): boolean =>
  asked.quorum >= now.quorum &&
  asked.expiresMs <= now.expiresMs &&
  asked.useWithinMs <= now.useWithinMs &&
  asked.approvers.every((approver) => now.approvers.includes(approver))
