import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '../../core/errors'
import { isGit } from '../../db/git-folder'
import { requireStanding } from '../../db/sessions'
import { readSinks, SINKS_LIMIT, type Sink, writeSinks } from '../../db/sinks'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { refuseOnceFounded, writing } from './session'

/** The sealer copies a checkpoint a minute there from now on. */
export const add: Command = async (context) => {
  const folder = resolve(context.words[0] ?? '')
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new AppError('not_found', `There is no folder ${foreign(folder)}: make it first, where this log’s database is not.`)
  await change(context, (sinks) => {
    if (sinks.some((sink) => sink.folder === folder)) throw new AppError('conflict', `${foreign(folder)} gets copies already.`)
    if (sinks.length >= SINKS_LIMIT) throw new AppError('conflict', `There are ${SINKS_LIMIT} folders already, which is the most.`)
    return [...sinks, { folder }]
  })
  const how = isGit(folder) ? 'each as a commit, pushed where there is a remote' : 'each as a file of its own'
  context.terminal.say(`The sealer copies a checkpoint a minute to ${foreign(folder)}, ${how}.`, { folder, git: isGit(folder) })
  return 0
}

export const remove: Command = async (context) => {
  const folder = resolve(context.words[0] ?? '')
  await change(context, (sinks) => {
    if (!sinks.some((sink) => sink.folder === folder)) throw new AppError('not_found', `${foreign(folder)} gets no copies.`)
    return sinks.filter((sink) => sink.folder !== folder)
  })
  context.terminal.say(`Nothing is copied to ${foreign(folder)} any more.`, { removed: folder })
  return 0
}

export const list: Command = async ({ dataDir, terminal }) => {
  const sinks = await readSinks(dataDir)
  terminal.table(
    sinks.map(({ folder }) => ({ folder, git: isGit(folder) })),
    { folder: ({ folder }) => folder, '': ({ git }) => (git ? 'a git repository' : 'files') },
    'No folder gets copies of checkpoints; `countersign sink add FOLDER` names one.',
  )
  return 0
}

/** In the log before it is in the file. */
const change = (context: Context, next: (sinks: readonly Sink[]) => readonly Sink[]): Promise<void> =>
  writing(context, async ({ writer, person, founder }) => {
    const sinks = await readSinks(context.dataDir)
    const changed = next(sinks)
    const foldersOf = (of: readonly Sink[]) => of.map(({ folder }) => folder)
    await writer.commit(async (tx) => {
      if (person) await requireStanding(tx, person, 'settings.manage')
      else await refuseOnceFounded(tx)
      const entry = { type: 'config.sinks' as const, actor: person?.id ?? founder, before: foldersOf(sinks), after: foldersOf(changed) }
      return { entries: [entry], result: null }
    })
    await writeSinks(context.dataDir, changed)
  })
