import { expect, test } from 'vitest'
import { argumentsFrom } from './argument-text'
import { compareArguments } from './compare'

test('what was left out and what is new is told, whatever its name', () => {
  const now = argumentsFrom('{"b":1,"__proto__":2,"d":4}') ?? []
  expect(compareArguments('{"a":0,"b":1,"__proto__":3}', now)?.map(({ name, is }) => [name, is])).toEqual([
    ['__proto__', 'changed'],
    ['b', 'same'],
    ['d', 'new'],
    ['a', 'gone'],
  ])
})

test('two calls of ten thousand other names each are not compared name by name', () => {
  const text = `{${Array.from({ length: 10_000 }, (_, at) => `"then${at}":1`).join(',')}}`
  let asked = 0
  const now = (argumentsFrom(text.replaceAll('then', 'now')) ?? []).map((argument) => ({
    ...argument,
    get name() {
      asked += 1
      return argument.name
    },
  }))
  expect(compareArguments(text, now)).toHaveLength(20_000)
  expect(asked).toBeLessThan(100_000)
})
