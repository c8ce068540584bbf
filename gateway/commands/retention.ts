import { AppError } from '../../core/errors'
import { CLASS_WORDS, CLEAR_CLASSES, type ClearClass, daysFrom, daysWords, isClearClass, MOST_DAYS } from '../../core/retention/classes'
import { changeRetention, type Retention, readRetention } from '../../db/retention'
import type { Command, Context } from './context'
import { reading, writing } from './session'

/** How long clear text of each class is kept. */
export const show: Command = async (context) => {
  say(context, await reading(context, (sql) => readRetention(sql)))
  return 0
}

/** From the next sweep on, which the console runs, what is older goes. */
export const set: Command = async (context) => {
  const days: { [of in ClearClass]?: number | null } = {}
  for (const word of context.words) {
    const [of = '', text = ''] = word.split('=')
    const number = daysFrom(text)
    if (!isClearClass(of)) throw new AppError('invalid', `There is no class ${JSON.stringify(of)}; there are ${CLEAR_CLASSES.join(', ')}.`)
    if (number === undefined)
      throw new AppError('invalid', `${of}= takes a number of days from 1 to ${MOST_DAYS}, or forever, as in ${of}=30.`)
    days[of] = number
  }
  const after = await writing(context, ({ writer, person, founder }) =>
    changeRetention(writer, { person, founder }, { days, revision: null }),
  )
  say(context, after)
  return 0
}

const say = ({ terminal }: Context, { days }: Retention): void =>
  terminal.table(
    CLEAR_CLASSES.map((of) => ({ class: of, days: days[of], is: CLASS_WORDS[of] })),
    { class: (row) => row.class, kept: (row) => daysWords(row.days), '': (row) => row.is },
    '',
  )
