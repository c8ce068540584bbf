import { AppError } from '../core/errors'
import { canonicalJson } from '../core/json'
import type { Reach } from '../core/notices/addresses'
import type { NoticeEvent } from '../core/notices/news'
import { type CheckedTarget, checkTarget, type Target, type TargetDraft } from '../core/notices/targets'
import { type Actor, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { emailOf } from './people'
import { recordingRefusals } from './refusals'
import type { SealingKey } from './sealing'
import { freshWebhookSecret } from './secrets'
import { requireStanding } from './sessions'
import type { Work, Writer } from './writer'

/** A destination as it stands. `isOpenable`: the key that asks is the one it was sealed with. */
export type TargetRow = Target & {
  readonly id: string
  readonly enabled: boolean
  readonly revision: number
  readonly isOpenable: boolean
  readonly changedBy: string
  readonly changedAt: Date
}

export async function listTargets(sql: Queries, key: SealingKey): Promise<readonly TargetRow[]> {
  const rows = await sql<Row[]>`select ${columns(sql)} from countersign.notice_targets order by lower(name), id limit ${AT_MOST}`
  return rows.map((row) => shown(row, key))
}

/** Who decides where notices go, with what their secrets are sealed, and how far they may reach. */
export type TargetDesk = { readonly writer: Writer; readonly actor: Actor; readonly key: SealingKey; readonly reach: Reach }

/** `secret` is what a webhook's signatures are made with, shown this once; null where there is none to show. */
export type TargetSaved = { readonly id: string; readonly secret: string | null }

const AT_MOST = 100

/** Throws AppError('conflict') for a name that is taken, ('invalid') for what can't be one. */
export const addTarget = (desk: TargetDesk, draft: TargetDraft): Promise<TargetSaved> =>
  changing(desk, null, () => {
    const target = checkTarget(draft, desk.reach, emailOf)
    if (target.kind === 'slack' && target.secret === null) throw new AppError('invalid', 'Enter the address that the channel gave you.')
    return async (tx) => {
      await requireFree(tx, target.name, null)
      const [count] = await tx<{ n: number }[]>`select count(*)::int as n from countersign.notice_targets`
      if ((count?.n ?? 0) >= AT_MOST) throw new AppError('conflict', `There are ${AT_MOST} destinations already; change one of them.`)
      const id = randomId()
      const secret = target.kind === 'webhook' ? freshWebhookSecret() : (target.secret ?? '')
      const { sealed, key } = sealedFor(desk.key, id, target, secret)
      await tx`
        insert into countersign.notice_targets (id, name, kind, address, setup, sealed, key, events, made_by, changed_by)
        values (${id}, ${target.name}, ${target.kind}, ${target.address}, ${JSON.stringify(target.setup)}::text::jsonb, ${sealed}, ${key},
          string_to_array(${target.events.join(',')}, ','), ${desk.actor.id}, ${desk.actor.id})`
      const after = recorded(id, { ...target, enabled: true })
      const entry = { type: 'config.notice_target' as const, actor: desk.actor.id, before: null, after }
      return { entries: [entry], result: { id, secret: target.kind === 'webhook' ? secret : null } }
    }
  })

export type TargetChange = { readonly id: string; readonly revision: number; readonly draft: TargetDraft; readonly isNewSecret: boolean }

/** Of two who change it at once the second hears so: AppError('conflict'). A kept secret goes nowhere new without being entered again. */
export const changeTarget = (desk: TargetDesk, { id, revision, draft, isNewSecret }: TargetChange): Promise<TargetSaved> =>
  changing(desk, revision, () => {
    const checked = checkTarget(draft, desk.reach, emailOf)
    return async (tx) => {
      const before = await readTarget(tx, id)
      await requireFree(tx, checked.name, id)
      const { target, secret, isFresh } = merged(desk.key, before, checked, isNewSecret)
      const { sealed, key } = sealedFor(desk.key, id, target, secret)
      const changed = await tx`
        update countersign.notice_targets set name = ${target.name}, address = ${target.address},
          setup = ${JSON.stringify(target.setup)}::text::jsonb, sealed = ${sealed}, key = ${key},
          events = string_to_array(${target.events.join(',')}, ','), ${marked(tx, desk.actor)}
        where id = ${id} and revision = ${revision} returning id`
      if (changed.length === 0) throw overtaken()
      const after = { ...recorded(id, { ...target, enabled: before.enabled }), secretChanged: isFresh }
      const entry = { type: 'config.notice_target' as const, actor: desk.actor.id, before: recorded(id, before), after }
      return { entries: [entry], result: { id, secret: target.kind === 'webhook' && isFresh ? secret : null } }
    }
  })

/** What waits for a destination that is off waits on. */
export const switchTarget = (
  desk: TargetDesk,
  { id, revision, enabled }: { id: string; revision: number; enabled: boolean },
): Promise<null> =>
  changing(desk, revision, () => async (tx) => {
    const before = await readTarget(tx, id)
    const changed = await tx`update countersign.notice_targets set enabled = ${enabled}, ${marked(tx, desk.actor)}
      where id = ${id} and revision = ${revision} and enabled <> ${enabled} returning id`
    if (changed.length === 0) throw overtaken()
    const after = { ...recorded(id, before), enabled }
    return { entries: [{ type: 'config.notice_target', actor: desk.actor.id, before: recorded(id, before), after }], result: null }
  })

const overtaken = (): AppError => new AppError('conflict', 'Somebody changed this destination meanwhile: look at it and decide again.')

/** What waits for it is told to nobody, and what it was told is listed no more; the log keeps that it was there. */
export const removeTarget = (desk: TargetDesk, { id, revision }: { readonly id: string; readonly revision: number }): Promise<null> =>
  changing(desk, revision, () => async (tx) => {
    const before = await readTarget(tx, id)
    const removed = await tx`delete from countersign.notice_targets where id = ${id} and revision = ${revision} returning id`
    if (removed.length === 0) throw overtaken()
    const entry = { type: 'config.notice_target' as const, actor: desk.actor.id, before: recorded(id, before), after: null }
    return { entries: [entry], result: null }
  })

/** One change at a time, so that a name is free or taken; by somebody who may at that moment; a refusal is in the log too. */
const TARGETS_LOCK = 7_272_740_005

const changing = <T>(desk: TargetDesk, revision: number | null, prepare: () => Work<T>): Promise<T> =>
  recordingRefusals(desk.writer, desk.actor, { name: 'notices', attempt: 'setting', draft: null, revision }, async () => {
    requireRight(desk.actor, 'settings.manage')
    const work = prepare()
    return desk.writer.commit(async (tx, next, token) => {
      await tx`select pg_advisory_xact_lock(${TARGETS_LOCK})`
      await requireStanding(tx, desk.actor, 'settings.manage')
      return work(tx, next, token)
    })
  })

type Kept = Omit<Row, 'events'> & { readonly events: readonly NoticeEvent[] }
type Row = Omit<TargetRow, 'events' | 'isOpenable'> & { readonly events: string; readonly key: string; readonly sealed: Uint8Array }

const columns = (sql: Queries) => sql`
  id, name, kind, address, setup, sealed, key, array_to_string(events, ',') as events, enabled, revision, changed_by as "changedBy",
  changed_at as "changedAt"`

const shown = ({ sealed: _, key: sealedWith, events, ...row }: Row, key: SealingKey): TargetRow => ({
  ...row,
  events: eventsOf(events),
  isOpenable: sealedWith === key.id,
})

const eventsOf = (text: string): readonly NoticeEvent[] => text.split(',').filter(Boolean) as NoticeEvent[]

const marked = (tx: Queries, actor: Actor) => tx`revision = revision + 1, changed_by = ${actor.id}, changed_at = clock_timestamp()`

async function readTarget(tx: Queries, id: string): Promise<Kept> {
  const [row] = await tx<Row[]>`select ${columns(tx)} from countersign.notice_targets where id = ${id} for update`
  if (!row) throw new AppError('not_found', 'There is no such destination.')
  return { ...row, events: eventsOf(row.events) }
}

/** What a destination becomes: an address or a secret that was not entered anew stays. */
function merged(key: SealingKey, before: Kept, checked: CheckedTarget, isNewSecret: boolean) {
  if (before.kind !== checked.kind) throw new AppError('invalid', 'What kind of destination it is stays: add another one.')
  const target = checked.address === '' ? { ...checked, address: before.address } : checked
  const fresh = checked.kind === 'webhook' && isNewSecret ? freshWebhookSecret() : checked.secret
  return { target, secret: fresh ?? keptSecret(key, before, target), isFresh: fresh !== null }
}

async function requireFree(tx: Queries, name: string, but: string | null): Promise<void> {
  const taken = await tx`select from countersign.notice_targets where name = ${name} and id is distinct from ${but}`
  if (taken.length > 0) throw new AppError('conflict', 'There is a destination of this name already.')
}

type Sealable = Pick<Target, 'kind' | 'address' | 'setup'>

/** What a secret is for. Whoever can write to the database can't have it used for another address. */
export const boundTo = (id: string, { kind, address, setup }: Sealable): string => canonicalJson([id, kind, address, setup])

const sealedFor = (key: SealingKey, id: string, target: Sealable, secret: string) => ({
  sealed: key.seal(secret, boundTo(id, target)),
  key: key.id,
})

function keptSecret(
  key: SealingKey,
  before: Sealable & { readonly id: string; readonly sealed: Uint8Array },
  after: CheckedTarget,
): string {
  const kept = key.open(before.sealed, boundTo(before.id, before))
  if (kept === null)
    throw new AppError('invalid', 'The kept secret was sealed by another console, or changed since: enter it again, or make a new one.')
  if (after.kind === 'email' && kept !== '' && serverOf(before.setup) !== serverOf(after.setup))
    throw new AppError('invalid', 'Enter the password again: it is kept for the mail server and user that were there before.')
  return kept
}

const serverOf = ({ host, port, security, user }: Target['setup']): string =>
  canonicalJson([host ?? '', port ?? 0, security ?? '', user ?? null])

const recorded = (id: string, { kind, name, address, setup, events, enabled }: Target & { readonly enabled: boolean }) => ({
  ...{ target: id, kind, name, address, setup, events: [...events], enabled },
})
