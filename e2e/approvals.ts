import { HOLD_STATES, type HoldState } from '../core/approval/states'
import type { Actor } from '../core/roles'
import { connect, type Sql } from '../db/connect'
import { holdCard } from '../db/inbox'
import { identityOf, openKeys } from '../db/keys'
import { signedIn } from '../db/testing-people'
import { castHoldVote } from '../db/votes'
import { openWriter, type Writer } from '../db/writer'
import type { Place } from './gateway'

/** People at a console of this place, and what they see of its holds. */
export type Deciders = {
  readonly writer: Writer
  readonly sql: Sql
  readonly maria: Actor
  readonly juan: Actor
  /** What this person says of this hold as it is shown to them now. */
  vote(person: Actor, hold: string, verdict?: 'approve' | 'deny', reason?: string): Promise<HoldState>
  /** The hold of the call with this token, as soon as there is one; the newest where there are several. */
  heldAs(token: string): Promise<string>
  stateOf(hold: string): Promise<HoldState>
  /** Resolves when the hold has come to this state. */
  until(hold: string, state: HoldState): Promise<void>
  /** How many holds there are of calls with this token. */
  count(token: string): Promise<number>
  entries(hold: string): Promise<readonly { readonly type: string; readonly because?: string }[]>
  close(): Promise<void>
}

const PATIENCE_MS = 60_000

export async function openDeciders(place: Place): Promise<Deciders> {
  const keys = await openKeys(place.dataDir)
  const url = place.database.urlFor('console')
  const writer = await openWriter({ url, identity: identityOf(keys, 'console') })
  const sql = connect(url, { purpose: 'pool', application: 'deciders', max: 2 })
  const [maria, juan] = [await signedIn(sql, writer, ['approver'], 'Maria'), await signedIn(sql, writer, ['approver'], 'Juan')]
  const tokened = (token: string) => sql<{ id: string }[]>`
    select id from countersign.holds
    where case when arguments <> '' then convert_from(arguments, 'UTF8')::json ->> 'token' end = ${token} order by opened_at desc`
  const stateOf = async (hold: string): Promise<HoldState> => {
    const [row] = await sql<{ state: HoldState }[]>`select state from countersign.holds where id = ${hold}`
    const state = HOLD_STATES.find((known) => known === row?.state)
    if (!state) throw new Error(`there is no hold ${hold}`)
    return state
  }
  return {
    writer,
    sql,
    maria: maria.actor,
    juan: juan.actor,
    vote: async (person, hold, verdict = 'approve', reason = verdict === 'deny' ? 'not today' : '') => {
      const shown = await holdCard(sql, hold)
      if (!shown) throw new Error(`there is no hold ${hold}`)
      const { displayed } = shown
      return (await castHoldVote(writer, person, { hold, binding: shown.hold.binding, displayed, verdict, reason })).state
    },
    heldAs: (token) => eventually(`a hold of ${token}`, async () => (await tokened(token))[0]?.id ?? null),
    stateOf,
    until: async (hold, state) => {
      await eventually(`hold ${hold} ${state}`, async () => ((await stateOf(hold)) === state ? true : null))
    },
    count: async (token) => (await tokened(token)).length,
    entries: async (hold) => {
      const rows = await sql<{ body: string }[]>`
        select body from countersign.entries
        where call = (select call from countersign.holds where id = ${hold}) order by recorded_at, writer, seq`
      return rows.map(({ body }) => JSON.parse(body))
    },
    close: async () => {
      await writer.close()
      await sql.end({ timeout: 1 })
    },
  }
}

/** Asks until there is an answer. */
export async function eventually<T>(what: string, ask: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (Date.now() > deadline) throw new Error(`${what} never came`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
