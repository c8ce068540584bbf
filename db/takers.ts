import { recordedName } from '../core/audit/entry'
import { AppError } from '../core/errors'
import { type Actor, type Right, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { hasAdmin } from './people'
import { doer } from './refusals'
import { requireStanding } from './sessions'

/** Who does something that the command line does too: somebody with an account, or whoever runs the machine before there are any. */
export type Taker = { readonly person: Actor | null; readonly founder: string }

/** How an entry names them. */
export const takerOf = ({ person, founder }: Taker) => (person ? doer(person) : { actor: recordedName(founder) })

/** Asked in the transaction that does it. Throws AppError('forbidden'), and ('unauthenticated') for whoever has no account where others have. */
export async function requireTaker(tx: Queries, { person }: Taker, right: Right): Promise<void> {
  if (person) {
    requireRight(person, right)
    await requireStanding(tx, person, right)
  } else if (await hasAdmin(tx)) throw new AppError('unauthenticated', 'People have accounts here, so this needs one.')
}
