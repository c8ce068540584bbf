import { expect, test } from 'vitest'
import { AppError, isAppError } from './errors'

test('a failure that was foreseen is known as one, whichever copy of the class it comes from', () => {
  const copied = Object.assign(new Error('The log can not be reached.'), { name: 'AppError', fault: 'unavailable' })
  expect([isAppError(copied), isAppError(new AppError('conflict', 'no'))]).toEqual([true, true])
  expect([isAppError(new Error('no')), isAppError({ name: 'AppError', fault: 'conflict' }), isAppError(null)]).toEqual([
    false,
    false,
    false,
  ])
})
