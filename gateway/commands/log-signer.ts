import { AppError } from '../../core/errors'
import type { Sign } from '../../core/hash'
import type { Keys } from '../../db/keys'
import { commandKey, openLogKey } from '../../db/log-key'
import { wordsOf } from '../words'
import type { Context } from './context'

/** Whoever signs with the log key of a public key: the command that was given for it, else the file on this machine. */
export const logSigner = (context: Context, keys: Keys): ((publicKey: string) => Promise<Sign>) => {
  const words = signerWords(context)
  return async (publicKey) => (words ? commandKey(words, keys, publicKey) : openLogKey(context.dataDir, keys, publicKey))
}

/** Null where no command was given. */
export const signerWords = ({ values }: Context): readonly string[] | null => {
  const given = values['log-key-command']
  if (typeof given !== 'string') return null
  const words = wordsOf(given)
  if (words.length > 0) return words
  throw new AppError('invalid', '--log-key-command names no program.')
}
