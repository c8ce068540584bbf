import 'server-only'
import { notFound } from 'next/navigation'
import type { PersonShown } from '../../components/policies/person-name'
import { loadPolicy } from '../../core/policy/load'
import { type RuleChange, ruleChanges } from '../../core/policy/rule-origins'
import type { Who } from '../../db/policy-list'
import { policyNameInput } from './input'

export type PolicyParams = { readonly params: Promise<{ readonly name: string }> }

/** The policy's name as the address says it; the not-found page for what can be none. */
export const nameFrom = async ({ params }: PolicyParams): Promise<string> => {
  const parsed = policyNameInput.safeParse((await params).name)
  if (!parsed.success) notFound()
  return parsed.data
}

/** Somebody for the page: their name, or what the log knows them by. */
export const shownWho = ({ id, name }: Who): PersonShown => ({ name: name ?? id, isUser: name !== null })

/** What became of each rule; nothing while one of the two is no policy, and for the first one: all of it is new. */
export const changesBetween = (before: string | null, after: string): readonly RuleChange[] => {
  const [one, other] = [before === null ? null : loadPolicy(before).document, loadPolicy(after).document]
  return one && other ? ruleChanges(one, other) : []
}
