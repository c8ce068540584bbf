import 'server-only'
import type { NamedDigest } from '../../db/activity-policies'

const DEFAULT = 'default'

/** The policy that a call is about, by the digest it was judged under; one that came from a file leads to the policy that is there. */
export const policyFor = (policies: readonly NamedDigest[], digest: string | null): string =>
  policies.find((each) => each.digest === digest)?.name ?? policies[0]?.name ?? DEFAULT
