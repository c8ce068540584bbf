import type { Actor, Role } from '../core/roles'
import type { Sql } from './connect'
import { randomId } from './crypto'
import { insertUser } from './people'
import { readSession, startSession } from './sessions'
import type { Writer } from './writer'

export type Person = { readonly actor: Actor; readonly token: string }

/** For tests: somebody new with these roles, signed in. `token` is what their cookie would carry. */
export async function signedIn(sql: Sql, writer: Writer, roles: readonly Role[], name = 'Maria Example'): Promise<Person> {
  const email = `${randomId().slice(0, 12)}@example.org`
  const { user, token } = await writer.commit(async (tx) => {
    const joined = await insertUser(tx, { email, name, roles }, { by: 'domain', invite: null, address: null })
    const from = { method: 'password', address: '192.0.2.7', agent: 'a test' } as const
    const started = await startSession(tx, { user: joined.id, ...from, provedAtMs: Date.now() })
    return { entries: [joined.entry, started.entry], result: { user: joined.id, token: started.token } }
  })
  const actor = await readSession(sql, token)
  if (!actor) throw new Error(`${user} is not signed in`)
  return { actor, token }
}

/** Another session of the same person. */
export const signedInAgain = (writer: Writer, { actor }: Person): Promise<{ readonly session: string; readonly token: string }> =>
  writer.commit(async (tx) => {
    const from = { method: 'password', address: '192.0.2.8', agent: 'another browser' } as const
    const { entry, ...started } = await startSession(tx, { user: actor.id, ...from, provedAtMs: Date.now() })
    return { entries: [entry], result: started }
  })
