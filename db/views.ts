import { recordedName } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Actor } from '../core/roles'
import { hasRight, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'

/** A question worth asking again: `query` is the address of the explorer without its place in the list. */
export type View = {
  readonly id: string
  readonly name: string
  readonly query: string
  readonly shared: boolean
  readonly isOwn: boolean
}

const MOST = 50

/** One's own and everybody's shared ones, by name. */
export async function listViews(sql: Queries, actor: Actor): Promise<readonly View[]> {
  return sql<View[]>`
    select id, name, query, shared, owner = ${actor.id} as "isOwn" from countersign.saved_views
    where owner = ${actor.id} or shared order by lower(name), id limit 200`
}

/** Keeps a question under a name; the same name again is the new question. Throws AppError('invalid') or ('conflict'). */
export async function saveView(sql: Queries, actor: Actor, view: Pick<View, 'name' | 'query' | 'shared'>): Promise<string> {
  requireRight(actor, 'view.save')
  const name = recordedName(view.name.trim()).slice(0, 80).toWellFormed()
  if (name === '') throw new AppError('invalid', 'A view needs a name.')
  if (Buffer.byteLength(view.query) > 4_096) throw new AppError('invalid', 'This question is too long to be kept.')
  const rows = await sql<{ id: string }[]>`
    insert into countersign.saved_views as was (id, owner, name, query, shared)
    select ${randomId()}, ${actor.id}, ${name}, ${view.query}, ${view.shared}
    where (select count(*) from countersign.saved_views where owner = ${actor.id} and name <> ${name}) < ${MOST}
    on conflict (owner, name) do update set query = excluded.query, shared = excluded.shared
    returning id`
  const [row] = rows
  if (!row) throw new AppError('conflict', `You have ${MOST} views already: delete one first.`)
  return row.id
}

/** One's own; an admin may delete what others share. Throws AppError('not_found'). */
export async function deleteView(sql: Queries, actor: Actor, id: string): Promise<void> {
  requireRight(actor, 'view.save')
  const rows = await sql`
    delete from countersign.saved_views where id = ${id} and (owner = ${actor.id} or shared and ${hasRight(actor, 'settings.manage')}::boolean) returning id`
  if (rows.length === 0) throw new AppError('not_found', 'There is no such view of yours.')
}
