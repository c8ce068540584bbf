import { resolve } from 'node:path'
import { AppError } from '../../core/errors'
import { isGit } from '../../db/git-folder'
import { requireStanding } from '../../db/sessions'
import { placeOf, readSinks, SINKS_LIMIT, type Sink, writeSinks } from '../../db/sinks'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { refuseOnceFounded, writing } from './session'
import { addedWords, kindWords, tryTyped, typedSink } from './sink-added'

/** The sealer copies checkpoints there from now on. */
export const add: Command = async (context) => {
  const added = typedSink(context)
  const place = placeOf(added)
  await tryTyped(added)
  await change(context, (sinks) => {
    if (sinks.some((sink) => placeOf(sink) === place)) throw new AppError('conflict', `${foreign(place)} gets copies already.`)
    if (sinks.length >= SINKS_LIMIT) throw new AppError('conflict', `There are ${SINKS_LIMIT} sinks already, which is the most.`)
    return [...sinks, added]
  })
  const secret = 'webhook' in added ? { secret: added.secret } : {}
  context.terminal.say(addedWords(added, isGit), { sink: place, is: kindWords(added, isGit), ...secret })
  return 0
}

export const remove: Command = async (context) => {
  const [word = ''] = context.words
  const named = (sinks: readonly Sink[]) => sinks.find((sink) => [word.replace(/\/+$/, ''), resolve(word)].includes(placeOf(sink)))
  await change(context, (sinks) => {
    const found = named(sinks)
    if (!found) throw new AppError('not_found', `${foreign(word)} gets no copies.`)
    return sinks.filter((sink) => sink !== found)
  })
  context.terminal.say(`Nothing is copied to ${foreign(word)} any more.`, { removed: word })
  return 0
}

export const list: Command = async ({ dataDir, terminal }) => {
  const sinks = await readSinks(dataDir)
  terminal.table(
    sinks.map((sink) => ({ sink: placeOf(sink), is: kindWords(sink, isGit) })),
    { sink: ({ sink }) => sink, '': ({ is }) => is },
    'Nothing gets copies of checkpoints; `countersign sink add FOLDER` names a folder that does.',
  )
  return 0
}

/** In the log before it is in the file. */
const change = (context: Context, next: (sinks: readonly Sink[]) => readonly Sink[]): Promise<void> =>
  writing(context, async ({ writer, person, founder }) => {
    const sinks = await readSinks(context.dataDir)
    const changed = next(sinks)
    const before = sinks.map(placeOf)
    const after = changed.map(placeOf)
    await writer.commit(async (tx) => {
      if (person) await requireStanding(tx, person, 'settings.manage')
      else await refuseOnceFounded(tx)
      return { entries: [{ type: 'config.sinks', actor: person?.id ?? founder, before, after }], result: null }
    })
    await writeSinks(context.dataDir, changed)
  })
