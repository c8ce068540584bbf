import { expect, test } from 'vitest'
import { loadPolicy } from '../../core/policy/load'
import { ESCALATE_RULE } from './escalate-rule'

test('the rule that an empty inbox teaches is one that the language takes, without a warning about it', () => {
  const { policy, problems } = loadPolicy(`version: "1"\ndefault: deny\n${ESCALATE_RULE}`)
  expect(problems).toEqual([])
  expect(policy).not.toBeNull()
})
