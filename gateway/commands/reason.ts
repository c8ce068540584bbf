import { AppError } from '../../core/errors'
import type { Context } from './context'

/** What `--because` says. Throws AppError('invalid') where nothing does. */
export const reasonOf = ({ values: { because } }: Context): string => {
  if (typeof because === 'string') return because
  throw new AppError('invalid', '--because takes the reason; it stays in the log, so name nobody in it.')
}
