import { afterEach, describe, expect, test } from 'vitest'
import type { Governor } from './ports'
import { allowAll, RelayHarness } from './relay-harness'

let open: RelayHarness[] = []
const relay = (options: ConstructorParameters<typeof RelayHarness>[0] = {}): RelayHarness => {
  const harness = new RelayHarness({ ...options, upstream: { env: process.env, ...options.upstream } })
  open.push(harness)
  return harness
}
afterEach(async () => {
  await Promise.all(open.map((harness) => harness.close()))
  open = []
})

describe('the governor', () => {
  test('is loaded once, when something has been answered, and hears in order what was said before', async () => {
    let loaded = 0
    const heard: string[] = []
    const harness = relay({
      governor: async () => {
        loaded += 1
        return {
          ...allowAll,
          attach: () => void heard.push('attach'),
          refused: () => void heard.push('refused'),
          observeHandshake: () => void heard.push('handshake'),
        }
      },
    })
    harness.send('[]')
    await harness.until(() => harness.lines.length > 0)
    expect(loaded).toBe(0)
    harness.send('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}')
    await harness.answerTo(1)
    await harness.until(() => heard.length > 0)
    harness.call(2, 'echo')
    await harness.answerTo(2)
    expect(heard).toEqual(['attach', 'refused', 'handshake'])
    expect(loaded).toBe(1)
  })

  test('is loaded while an upstream is slow to answer', async () => {
    let loaded = false
    const harness = relay({
      governor: async () => {
        loaded = true
        return allowAll
      },
    })
    harness.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    await harness.until(() => loaded)
  })

  test('of an upstream that can not be started is not even loaded', async () => {
    let loaded = false
    const governor = async (): Promise<Governor> => {
      loaded = true
      return allowAll
    }
    const harness = relay({ governor, upstream: { command: '/nonexistent/server' } })
    harness.call(1, 'echo')
    expect(await harness.ended).toEqual({ code: 127, signal: null })
    expect(loaded).toBe(false)
  })

  test('that never comes keeps calls waiting and nothing else', async () => {
    const harness = relay({ governor: () => new Promise<Governor>(() => {}), drainMs: 100 })
    harness.call(1, 'echo')
    harness.send('{"jsonrpc":"2.0","id":2,"method":"initialize","params":{}}')
    expect(await harness.answerTo(2)).toMatchObject({ result: {} })
    expect(harness.forwarded.toString()).not.toContain('tools/call')
  })

  test('that fails to load refuses', async () => {
    const harness = relay({ governor: () => Promise.reject(new Error('no database')) })
    harness.call(1, 'echo')
    expect(await harness.answerTo(1)).toMatchObject({ error: { code: -32603 } })
    expect(harness.forwarded).toHaveLength(0)
  })
})
