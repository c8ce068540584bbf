import { expect, test } from 'vitest'
import { AppError } from '../core/errors'
import { keepTrying } from './store'

const never = new AbortController().signal
const failing = (times: number, error: Error) => async () => {
  if (times-- > 0) throw error
  return 'live'
}

test.each([
  { failure: 'an outage', error: new AppError('unavailable', 'The database is away.'), because: 'The database is away' },
  { failure: 'a bug', error: new Error('secret detail'), because: 'the gateway could not be set up' },
])('$failure is said once, told to the agent as one clause, and tried again', async ({ error, because }) => {
  const said: string[] = []
  const store = keepTrying(failing(3, error), (sentence) => said.push(sentence))
  expect(await store.wait(50, never)).toBeNull()
  expect(store.because()).toBe(because)
  expect(await store.wait(5_000, never)).toBe('live')
  expect(said.length).toBe(1)
})

test('who waits is let go when the call is cancelled', async () => {
  const cancelled = new AbortController()
  const store = keepTrying(
    () => new Promise<string>(() => undefined),
    () => undefined,
  )
  const waiting = store.wait(60_000, cancelled.signal)
  cancelled.abort()
  expect(await waiting).toBeNull()
})

test('closing while it opens hands back what came of it, so that it can be closed too', async () => {
  let open: (value: string) => void = () => undefined
  const store = keepTrying(
    () =>
      new Promise<string>((resolve) => {
        open = resolve
      }),
    () => undefined,
  )
  const closing = store.close()
  open('late')
  expect(await closing).toBe('late')
})

test('closing between two attempts does not wait for the next', async () => {
  let attempts = 0
  const store = keepTrying(
    async () => {
      attempts += 1
      throw new AppError('unavailable', 'away')
    },
    () => undefined,
  )
  await store.wait(450, never)
  const before = attempts
  expect(await store.close()).toBeNull()
  await new Promise((resolve) => setTimeout(resolve, 900))
  expect(attempts).toBe(before)
})
