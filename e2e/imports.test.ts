import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize, relative } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

type Source = { readonly file: string; readonly text: string; readonly imports: readonly string[] }

/** Room -> the rooms it may import from (DESIGN §2). Tests and fixtures of a room follow the same direction. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  db: ['core', 'db'],
  gateway: ['core', 'db', 'gateway'],
  components: ['core', 'components'],
  app: ['core', 'components', 'db', 'app'],
  e2e: ['core', 'db', 'e2e'],
}

const CORE_PACKAGES = ['zod', 'yaml', 're2js', 'whatwg-url']

/** Hashes and signatures where there is no `node:crypto`. */
const BROWSER_CRYPTO = ['@noble/curves/ed25519.js', '@noble/hashes/sha2.js', 'hash-wasm']

const isTest = (file: string): boolean => /\.(?:test|faults|spec)\.tsx?$/.test(file) || /(?:^|\/)(?:testing|proof)[-/.]/.test(file)

const sources: readonly Source[] = Object.keys(MAY_IMPORT)
  .flatMap((room) => readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((file) => `${room}/${file}`))
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return { file, text, imports: importsOf(text) }
  })

const packagesOf = (file: string): readonly string[] =>
  file === 'core/browser-crypto.ts' ? [...CORE_PACKAGES, ...BROWSER_CRYPTO] : CORE_PACKAGES

function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm)].map(([, name]) => name ?? '')
}

const roomOf = (file: string, name: string): string | null =>
  name.startsWith('.') ? (relative(ROOT, normalize(join(ROOT, dirname(file), name))).split('/')[0] ?? null) : null

test('there are sources to look at, and imports in them', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(50)
})

test.each(Object.entries(MAY_IMPORT))('%s imports only from %j', (room, allowed) => {
  const wrong = sources
    .filter(({ file }) => file.startsWith(`${room}/`))
    .flatMap(({ file, imports }) => imports.map((name) => ({ file, name, to: roomOf(file, name) })))
    .filter(({ to }) => to !== null && to in MAY_IMPORT && !allowed.includes(to))
  expect(wrong.map(({ file, name }) => `${file} imports ${name}`)).toEqual([])
})

test('core imports itself and four packages, and for the browser its hashes: no node, no clock, no randomness, no environment', () => {
  const wrong = sources
    .filter(({ file }) => file.startsWith('core/') && !isTest(file))
    .flatMap(({ file, text, imports }) => [
      ...imports.filter((name) => !name.startsWith('.') && !packagesOf(file).includes(name)).map((name) => `${file} imports ${name}`),
      ...[
        ...text.matchAll(/\b(?:process\.|Date\.now|new Date\(\)|Math\.random|performance\.|crypto\.|setTimeout|setInterval|fetch\()/g),
      ].map(([use]) => `${file} uses ${use}`),
    ])
  expect(wrong).toEqual([])
})

test('only gateway/cli.ts and app/_server/config.ts read the environment', () => {
  const readers = sources.filter(
    ({ file, text }) => !isTest(file) && !file.startsWith('e2e/') && /process\.env|['"]node:process['"]/.test(text),
  )
  expect(readers.map(({ file }) => file).sort()).toEqual(['app/_server/config.ts', 'gateway/cli.ts'])
})

test('what the command line loads before it knows the command is node built-ins and our own code', () => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const name of staticImportsOf(text)) {
      if (name.startsWith('.')) visit(`${relative(ROOT, normalize(join(ROOT, dirname(file), name)))}.ts`)
      else packages.add(name)
    }
  }
  visit('gateway/cli.ts')
  expect([...packages].filter((name) => !name.startsWith('node:') || !builtinModules.includes(name.slice(5)))).toEqual([])
  expect(seen.size).toBeLessThan(12)
})

/** Without `import type` and `import()`: neither loads anything when the module does. */
function staticImportsOf(text: string): readonly string[] {
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)(?:[\w*\s{},]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map(([, name]) => name ?? '')
}

/** Files that Next reads from the root because of their names. */
const READ_BY_NEXT = /^(?:proxy|middleware|instrumentation|next\.config|postcss\.config)\.(?:ts|mjs|js)$|^tsconfig\.json$/

test('whatever the console is built from makes it stale when it changes', () => {
  const [, stamped = ''] = readFileSync(join(ROOT, 'build.mjs'), 'utf8').match(/^const CONSOLE = \[(.*?)^\]/ms) ?? []
  const read = readdirSync(ROOT).filter((name) => READ_BY_NEXT.test(name))
  expect(read.length).toBeGreaterThan(3)
  expect(read.filter((name) => !stamped.includes(`'${name}'`))).toEqual([])
})
