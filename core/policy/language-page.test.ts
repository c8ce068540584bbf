import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specialRanges4, specialRanges6 } from './constraints/address-ranges'
import * as names from './constraints/argument-names'
import { specialHosts } from './constraints/special-hosts'
import { defaultPorts, defaultSchemes } from './constraints/url-defaults'
import { LANGUAGE_VERSION } from './document'
import { parsePolicy } from './language'
import { SUBJECTS } from './language-checks'
import { durationMs } from './schema-words'
import { MAX_BYTES, MAX_DEPTH } from './yaml-shape'

const page = readFileSync(join(import.meta.dirname, 'LANGUAGE.md'), 'utf8')

const lists: readonly { name: string; items: readonly string[] }[] = [
  ...Object.entries(names).flatMap(([name, value]) => (Array.isArray(value) ? [{ name, items: value }] : [])),
  { name: 'specialHosts', items: specialHosts },
  { name: 'defaultSchemes', items: defaultSchemes },
  { name: 'defaultPorts', items: Object.entries(defaultPorts).map(([scheme, port]) => `${scheme} ${port}`) },
  { name: 'specialRanges4', items: specialRanges4 },
  { name: 'specialRanges6', items: specialRanges6 },
]

test.each(lists)('the page quotes $name as the code has it', ({ name, items }) => {
  const line = page.split('\n').find((text) => text.includes(`(\`${name}\`)`)) ?? ''
  const quoted = [...line.slice(line.indexOf('):')).matchAll(/`([^`]*)`/g)].map((match) => match[1])
  expect(quoted).toEqual(items)
})

test('the page names its version, the limits, every subject and every operator', () => {
  expect(page).toContain(`# The policy language, version ${LANGUAGE_VERSION}:`)
  expect(page).toContain(`${MAX_BYTES} bytes`)
  expect(page).toContain(`${MAX_DEPTH} levels`)
  expect(durationMs('30d')).not.toBeNull()
  expect(durationMs('31d')).toBeNull()
  for (const subject of SUBJECTS) expect(page).toContain(`\`${subject}\``)
})

test.each(['equals', 'not', 'startsWith', 'endsWith', 'contains', 'matches', 'gt', 'gte', 'lt', 'lte', 'in', 'exists'])(
  '%s is an operator, on the page too',
  (operator) => {
    const value = operator === 'in' ? '[1]' : operator === 'exists' ? 'true' : /[gl]te?/.test(operator) ? '1' : 'x'
    expect(parsePolicy(`version: "1"\nrules: [{tool: t, action: deny, when: {args.a: {${operator}: ${value}}}}]`).problems).toEqual([])
    expect(page).toContain(`\`${operator}\``)
  },
)
