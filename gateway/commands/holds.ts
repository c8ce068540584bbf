import type { VoteVerdict } from '../../core/approval/quorum'
import { AppError } from '../../core/errors'
import type { Actor } from '../../core/roles'
import { listHolds } from '../../db/holds'
import { type HoldCard, holdCard, noteLook } from '../../db/inbox'
import { type Ballot, type Counted, castHoldVote } from '../../db/votes'
import type { Writer } from '../../db/writer'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'
import { cardRecord, cardText } from './hold-card'
import { reading, writing } from './session'

const LIMIT = 200

/** The calls that wait for a person or for their use, newest first; with an id the whole card of one. */
export const holds: Command = async (context) => {
  const [id] = context.words
  if (id !== undefined) return deciding(context, async (desk) => say(context, await cardFor(context, desk, id)))
  const open = await reading(context, (sql) => listHolds(sql, { limit: LIMIT }))
  const rows = open.map(({ id: hold, state, tool, server, principal, rule, openedAt, decideByMs, useBy }) => {
    const until = (useBy ?? new Date(decideByMs)).toISOString()
    return {
      hold,
      state,
      tool,
      server,
      principal,
      rule,
      openedAt: openedAt.toISOString(),
      decideBy: new Date(decideByMs).toISOString(),
      until,
    }
  })
  context.terminal.table(
    rows,
    {
      hold: (row) => row.hold,
      state: (row) => row.state,
      tool: (row) => row.tool,
      server: (row) => row.server,
      principal: (row) => row.principal,
      rule: (row) => row.rule,
      until: (row) => row.until,
    },
    'No call waits for a person.',
  )
  return 0
}

/** Shows the call, asks, and approves what was shown; where nobody can be asked, only what was shown before is approved. */
export const approve: Command = (context) =>
  deciding(context, async (desk) => {
    const [id = ''] = context.words
    const card = await cardFor(context, desk, id)
    const displayed = await agreed(context, card)
    return vote(context, desk, card, { displayed, verdict: 'approve' })
  })

/** Shows the call and denies it: one denial is enough. */
export const deny: Command = (context) =>
  deciding(context, async (desk) => {
    const [id = ''] = context.words
    const card = await cardFor(context, desk, id)
    if (!context.terminal.json) context.terminal.say(cardText(card), null)
    return vote(context, desk, card, { displayed: card.displayed, verdict: 'deny' })
  })

type Desk = { readonly writer: Writer; readonly person: Actor }

/** People decide about calls, never whoever happens to run the machine. */
const deciding = async (context: Context, work: (desk: Desk) => Promise<number>): Promise<number> => {
  // Where there is no database there is no call to decide about: none is made for that.
  await existingDatabaseUrl(context, 'console')
  return writing(context, ({ writer, person }) => {
    if (person) return work({ writer, person })
    throw new AppError('unauthenticated', 'Nobody has an account here yet: start `countersign up` and set the console up first.')
  })
}

/** The card of a hold, once the log says that this person had it shown. */
async function cardFor(context: Context, { writer, person }: Desk, given: string): Promise<HoldCard> {
  const id = given.toUpperCase()
  const card = await reading(context, (sql) => holdCard(sql, id))
  if (!card) throw new AppError('not_found', `There is no hold ${foreign(given)}; \`countersign holds\` lists what waits.`)
  await noteLook(writer, person, card.hold, null)
  return card
}

/** The digest of what this person agreed to: given, or shown now and said yes to. */
async function agreed({ terminal, values }: Context, card: HoldCard): Promise<string> {
  if (typeof values.displayed === 'string') return values.displayed
  if (!terminal.json) terminal.say(cardText(card), null)
  const answer = terminal.json ? null : await terminal.ask('Approve this call, once? Type yes: ')
  if (answer === null) {
    const how = `look with \`countersign holds ${card.hold.id}\`, and give the digest that it shows: --displayed DIGEST.`
    throw new AppError('invalid', `Nobody can be asked here: ${how}`)
  }
  if (answer.trim().toLowerCase() !== 'yes') throw new AppError('invalid', 'Not approved: the call goes on waiting.')
  return card.displayed
}

async function vote(
  { terminal, values }: Context,
  { writer, person }: Desk,
  { hold }: HoldCard,
  decided: { readonly displayed: string; readonly verdict: VoteVerdict },
): Promise<number> {
  const reason = typeof values.reason === 'string' ? values.reason : ''
  const ballot: Ballot = { hold: hold.id, binding: hold.binding, reason, ...decided }
  const counted = await castHoldVote(writer, person, ballot)
  terminal.say(toldOf(hold.id, counted), { hold: hold.id, ...counted, useBy: counted.useBy?.toISOString() ?? null })
  return 0
}

function toldOf(id: string, { state, approved, needed, useBy }: Counted): string {
  if (state === 'denied') return `Denied ${id}.`
  if (state === 'approved')
    return `Approved ${id}: the agent's gateway may carry it out, once, until ${useBy?.toISOString() ?? 'it expires'}.`
  return `Your approval of ${id} is in: ${approved} of ${needed}.`
}

function say({ terminal }: Context, card: HoldCard): number {
  terminal.say(cardText(card), cardRecord(card))
  return 0
}
