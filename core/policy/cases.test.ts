import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCases } from './cases'
import type { Case } from './document'
import { parseCases } from './language'
import { lintPolicy } from './lint'
import { loadPolicy } from './load'

const folder = join(import.meta.dirname, '../../policies')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const starters = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.cases.yaml'))

test('the founding policy and the five starters are there', () => {
  expect(starters.sort()).toEqual(['browser.yaml', 'database.yaml', 'filesystem.yaml', 'founding.yaml', 'memory.yaml', 'shell.yaml'])
})

describe.each(starters)('%s', (name) => {
  const { policy, document, problems } = loadPolicy(read(name))
  const found = parseCases(read(name.replace('.yaml', '.cases.yaml')), document ?? undefined)

  test('compiles, and lint has nothing to say', () => {
    expect([...problems, ...found.problems, ...lintPolicy(read(name))]).toEqual([])
  })

  test('keeps what its cases promise, at least eight of them, some refused', () => {
    if (!policy || !found.cases) throw new Error(`${name} does not compile`)
    const red = runCases({ policy, guardrail: null }, found.cases).filter(({ passed }) => !passed)
    expect(red).toEqual([])
    expect(found.cases.length).toBeGreaterThanOrEqual(8)
    expect(found.cases.filter((one) => one.expect === 'deny').length).toBeGreaterThanOrEqual(3)
  })
})

const { policy } = loadPolicy(`version: "1"
rules:
  - { id: night, tool: sleep, action: allow, when: { time.hour: { gte: 22 } } }
  - { id: few, tool: few, action: allow, constraints: { rateLimit: { calls: 1, per: 1m } } }
  - { id: looks, tool: look, action: allow, when: { annotations.readOnlyHint: true } }
  - { id: own, tool: mine, principal: "ci:*", action: allow }
`)

describe('a case is put as the gateway would put the call', () => {
  const run = (one: Case) => {
    if (!policy) throw new Error('the policy does not compile')
    return runCases({ policy, guardrail: null }, [one])[0]
  }

  test.each<{ what: string; one: Case }>([
    { what: 'at a time', one: { call: { tool: 'sleep', at: '2026-01-01T23:00:00Z' }, expect: 'allow', rule: 'night' } },
    { what: 'at no time in particular', one: { call: { tool: 'sleep' }, expect: 'deny', rule: 'default' } },
    { what: 'with nothing spent', one: { call: { tool: 'few' }, expect: 'allow', rule: 'few' } },
    { what: 'with annotations', one: { call: { tool: 'look', annotations: { readOnlyHint: true } }, expect: 'allow', rule: 'looks' } },
    { what: 'with nothing pinned', one: { call: { tool: 'look' }, expect: 'deny', rule: 'default' } },
    {
      what: 'by somebody authenticated',
      one: { call: { tool: 'mine', principal: 'ci:1', authenticated: true }, expect: 'allow', rule: 'own' },
    },
    { what: 'by somebody who only says so', one: { call: { tool: 'mine', principal: 'ci:1' }, expect: 'deny', rule: 'default' } },
  ])('$what', ({ one }) => {
    expect(run(one)).toMatchObject({ passed: true })
  })

  test.each<{ what: string; one: Case; got: string }>([
    { what: 'another outcome', one: { call: { tool: 'few' }, expect: 'deny' }, got: 'allow by few' },
    { what: 'another rule', one: { call: { tool: 'few' }, expect: 'allow', rule: 'night' }, got: 'allow by few' },
    { what: 'a constraint that held', one: { call: { tool: 'few' }, expect: 'allow', constraint: 'rateLimit' }, got: 'allow by few' },
  ])('$what is red, and says what came instead', ({ one, got }) => {
    expect(run(one)).toMatchObject({ passed: false, got, name: 'test 1: few' })
  })
})
