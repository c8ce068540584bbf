import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8')) as {
  packages: { readonly [path: string]: { readonly version?: string } }
}

const parts = (version: string): readonly number[] => version.split(/[.-]/, 3).map(Number)

const isAtLeast = (version: string, floor: string): boolean => {
  const [have, need] = [parts(version), parts(floor)]
  const at = need.findIndex((part, place) => part !== have[place])
  return at < 0 || (have[at] ?? 0) > (need[at] ?? 0)
}

test.each([
  { name: 'next', floor: '16.2.11', because: 'GHSA-6gpp-xcg3-4w24, CVE-2026-44573 to 44578, CVE-2026-64644: ways around the proxy' },
  { name: 'react', floor: '19.2.4', because: 'CVE-2025-55182 and what followed: arguments of actions that run' },
  { name: 'next-auth', floor: '4.24.15', because: 'CVE-2026-73418: a malformed bearer token throws' },
  { name: 'drizzle-orm', floor: '0.45.2', because: 'CVE-2026-39356: names that are not escaped' },
  { name: 'nodemailer', floor: '9.0.1', because: 'GHSA-p6gq-j5cr-w38f: a raw message that reads what it should not' },
  { name: '@modelcontextprotocol/sdk', floor: '1.26.0', because: 'CVE-2026-25536: one transport for two clients' },
])('every $name in the lockfile is at least $floor ($because)', ({ name, floor }) => {
  const found = Object.entries(packages).filter(([path]) => path.endsWith(`node_modules/${name}`))
  expect(found.length).toBeGreaterThan(0)
  expect(found.filter(([, { version = '0' }]) => !isAtLeast(version, floor)).map(([path, { version }]) => `${path} ${version}`)).toEqual([])
})

test.each([
  { version: '16.2.10', floor: '16.2.11', is: false },
  { version: '16.2.11', floor: '16.2.11', is: true },
  { version: '16.10.0', floor: '16.2.11', is: true },
  { version: '15.9.99', floor: '16.2.11', is: false },
])('$version is at least $floor: $is', ({ version, floor, is }) => expect(isAtLeast(version, floor)).toBe(is))
