import 'server-only'
import type { PolicyDocument } from '../../core/policy/document'
import { type Actor, hasRight } from '../../core/roles'
import { type Draft, readOpenDraft } from '../../db/drafts'
import { readVersion, type VersionText } from '../../db/policies'
import { argumentsSeen, principalsSeen, ruleHits, serversKnown } from '../../db/policy-context'
import { namesOf } from '../../db/policy-list'
import { listPublications } from '../../db/publications'
import { inForceOf } from '../../db/publishing'
import { recordedCalls, revealCalls } from '../../db/recorded-calls'
import { listSamples } from '../../db/samples'
import { isReviewRequired } from '../../db/settings'
import { database } from './database'
import { consoleWriter } from './writer'

const RECENT_CALLS = 200

export type Ground = {
  readonly kind: PolicyDocument['kind']
  readonly draft: Draft | null
  readonly inForce: VersionText | null
  readonly guardrail: VersionText | null
}

/** The texts a draft stands between: itself, what is in force, and what lies over it. Null for a name that nothing has. */
export const readGround = async (name: string): Promise<Ground | null> => {
  const [draft, [latest]] = await Promise.all([readOpenDraft(database(), name), listPublications(database(), 1)])
  const version = latest ? inForceOf(latest.contents, name) : 0
  const over = latest?.contents.guardrail ?? null
  const [inForce, guardrail] = await Promise.all([
    version === 0 ? null : readVersion(database(), name, version),
    over === null || over.name === name ? null : readVersion(database(), over.name, over.version),
  ])
  const kind = draft?.kind ?? inForce?.kind
  return kind === undefined ? null : { kind, draft, inForce, guardrail: kind === 'guardrail' ? null : guardrail }
}

/** Recorded calls for a simulation, with their arguments for whoever may see them: then it is recorded that they did. */
export const callsFor = async (actor: Actor, wanted: { readonly limit: number; readonly tool?: string | null; readonly call?: string }) =>
  hasRight(actor, 'activity.reveal')
    ? revealCalls(await consoleWriter(), database(), actor, wanted)
    : recordedCalls(database(), { ...wanted, reveal: false })

/**
 * What an editor offers beside the text: tools, callers, the names of arguments that were seen, how often each rule decided, and the call
 * it was opened with.
 */
export const readSurroundings = async (actor: Actor, name: string, call: string | null) => {
  const reveal = hasRight(actor, 'activity.reveal')
  const [servers, principals, hits, samples, recent, take, review] = await Promise.all([
    serversKnown(database()),
    principalsSeen(database()),
    ruleHits(database(), name),
    listSamples(database(), name, { reveal }),
    recordedCalls(database(), { limit: RECENT_CALLS, reveal }),
    call === null ? [] : callsFor(actor, { limit: 1, call }),
    isReviewRequired(database()),
  ])
  return { servers, principals, hits, samples, seen: argumentsSeen(recent), take, isReviewRequired: review }
}

export const nameOf = async (id: string): Promise<string> => (await namesOf(database(), [id])).get(id) ?? id
