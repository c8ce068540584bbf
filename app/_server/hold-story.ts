import 'server-only'
import type { HoldEvent } from '../../components/activity/hold-story'
import type { CallEntry } from '../../db/activity-call'
import { namesOf } from '../../db/policy-list'
import { database } from './database'

const TOLD = /^(?:vote$|hold\.(?:open|attach|approved|denied|expired|cancelled|revoked|claimed)$|grant\.used$)/

/** What the entries of a call say of the people who decided about it, with their names. */
export async function storyOf(entries: readonly CallEntry[]): Promise<readonly HoldEvent[]> {
  const told = entries.filter(({ type }) => TOLD.test(type))
  const names = await namesOf(database(), told.flatMap(peopleIn))
  return told.map((entry) => ({
    key: `${entry.writer}:${entry.seq}`,
    type: entry.type,
    at: entry.recordedAt,
    hold: textIn(entry.fields.hold),
    grant: textIn(entry.fields.grant),
    verdict: textIn(entry.fields.verdict),
    because: textIn(entry.fields.because),
    people: peopleIn(entry).map((id) => names.get(id) ?? id),
  }))
}

const textIn = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const peopleIn = ({ fields: { voter, voters, by } }: CallEntry): readonly string[] =>
  [voter, by, ...(Array.isArray(voters) ? voters : [])].filter((id) => typeof id === 'string')
