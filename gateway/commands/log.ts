import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors'
import type { Sql } from '../../db/connect'
import { type Decided, listDecisions } from '../../db/decisions'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { reading } from './session'

const LIMIT = 50
const MOST = 10_000
const POLL_MS = 500
/** How many are looked at again while following: what is decided between two looks, with much to spare. */
const WINDOW = 1_000

/** What was decided and what became of it, oldest first; `--follow` goes on until Ctrl-C. */
export const log: Command = async (context) => {
  const limit = readLimit(context)
  await reading(context, async (sql) => {
    const last = await listDecisions(sql, limit)
    for (const decided of last.toReversed()) say(context, decided)
    if (last.length === 0 && !context.terminal.json) context.terminal.note('nothing was decided yet.')
    if (context.values.follow === true) await follow(context, sql, last)
  })
  return 0
}

/** A decision is said when it comes and once more when its call ends. */
const follow = async (context: Context, sql: Sql, last: readonly Decided[]): Promise<void> => {
  let known = statusesOf(last)
  while (await wait(context.stopped)) {
    const now = await listDecisions(sql, WINDOW)
    for (const decided of now.toReversed()) if (known.get(keyOf(decided)) !== decided.status) say(context, decided)
    known = statusesOf(now)
  }
}

const statusesOf = (decided: readonly Decided[]) => new Map(decided.map((one) => [keyOf(one), one.status]))

const keyOf = ({ writer, seq }: Decided): string => `${writer}/${seq}`

/** False once Ctrl-C came. */
const wait = async (stopped: AbortSignal): Promise<boolean> => {
  if (!stopped.aborted)
    await Promise.race([sleep(POLL_MS), new Promise((resolve) => stopped.addEventListener('abort', resolve, { once: true }))])
  return !stopped.aborted
}

const say = ({ terminal }: Context, decided: Decided): void => {
  const { at, outcome, tool, method, server, principal, rule, constraint, code, status } = decided
  const why = [rule, constraint, code].filter((part) => part !== null).map(foreign)
  const words = [at, outcome.padEnd(8), foreign(tool ?? method), 'on', foreign(server), 'for', foreign(principal), `(${why.join(', ')})`]
  terminal.say([...words, '→', status === null ? standing(outcome) : foreign(status)].join(' '), decided)
}

const standing = (outcome: string): string => (outcome === 'allow' ? 'running' : outcome === 'escalate' ? 'waiting' : 'not run')

const readLimit = ({ values }: Context): number => {
  if (values.limit === undefined) return LIMIT
  const limit = Number(values.limit)
  if (Number.isInteger(limit) && limit > 0 && limit <= MOST) return limit
  throw new AppError('invalid', `--limit takes a number from 1 to ${MOST}.`)
}
