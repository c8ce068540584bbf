import 'server-only'
import { notFound } from 'next/navigation'
import type { PersonShown } from '../../components/policies/person-name'
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
