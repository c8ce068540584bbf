import { afterAll, beforeAll, test } from 'vitest'
import { killAtWrites, openScene, WRITES } from './approvals-killing'

let scene: Awaited<ReturnType<typeof openScene>>
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

test(
  'killed at every sixth write between vote and receipt: at most one effect, never without a claim, and unknown where nobody can tell',
  () =>
    killAtWrites(
      scene,
      Array.from({ length: 1 + WRITES / 6 }, (_, at) => 6 * at),
    ),
  180_000,
)
