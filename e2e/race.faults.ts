import { afterAll, beforeAll, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { makePlace, type Place, publish } from './gateway'
import { raceTwoGateways } from './racing'

let place: Place
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
})
afterAll(() => place.remove())

test(
  'two gateways and a reader race ten thousand calls: no fork, no gap, every decision has one end',
  () => raceTwoGateways(place, 5_000),
  180_000,
)
