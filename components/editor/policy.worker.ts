import './shared-array-buffer'
import { makeEngine } from './engine'
import type { Answered, Question } from './engine-wire'

/** core/policy in a thread of its own: typing never waits for it. */
const engine = makeEngine(() => performance.now())
const scope = globalThis as unknown as { onmessage: (event: MessageEvent<Question>) => void; postMessage: (answer: Answered) => void }

scope.onmessage = ({ data: { id, ask, with: given } }) => {
  try {
    const method = engine[ask] as (...given: readonly unknown[]) => unknown
    scope.postMessage({ id, value: method(...given) })
  } catch (error) {
    scope.postMessage({ id, failed: error instanceof Error ? error.message : String(error) })
  }
}
