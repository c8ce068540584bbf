import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { disagreement, type Engine } from './compare'
import type { Mutation } from './mutations'

const POLICY = dirname(dirname(fileURLToPath(import.meta.url)))

const ENTRY = '\0engine'

const ENGINE = `
export { compilePolicy } from ${JSON.stringify(join(POLICY, 'compile.ts'))}
export { evaluate, factsNeeded } from ${JSON.stringify(join(POLICY, 'evaluate.ts'))}
export { InexactNumber } from ${JSON.stringify(join(POLICY, 'model.ts'))}
`

/** The source with the mistake in it. Throws when the text to replace is not there exactly once: the list is then out of date. */
export function plant({ mistake, file, from, to }: Mutation, source: string): string {
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${file} holds the text of "${mistake}" ${parts.length - 1} times: bring mutations.ts up to date`)
  return parts.join(to)
}

export const sourceOf = (file: string): Promise<string> => readFile(join(POLICY, file), 'utf8')

/** Compiles the evaluator with one mistake planted, in a temporary directory, and loads it. */
export async function mutant(mutation: Mutation): Promise<Engine> {
  const planted = plant(mutation, await sourceOf(mutation.file))
  const target = join(POLICY, mutation.file)
  const directory = await mkdtemp(join(tmpdir(), 'countersign-mutant-'))
  try {
    const bundle = await rolldown({
      input: ENTRY,
      platform: 'node',
      plugins: [
        {
          name: 'mutation',
          resolveId: (id) => (id === ENTRY ? id : null),
          load: (id) => (id === ENTRY ? ENGINE : id === target ? planted : null),
        },
      ],
    })
    await bundle.write({ file: join(directory, 'engine.mjs'), format: 'esm' })
    await bundle.close()
    return (await import(pathToFileURL(join(directory, 'engine.mjs')).href)) as Engine
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The first seed that tells the engine from the naive interpreter, or on which it throws; null when none of them does. */
export function firstCaught(planted: Engine, seeds: number): number | null {
  for (let seed = 1; seed <= seeds; seed++) if (isCaught(planted, seed)) return seed
  return null
}

function isCaught(planted: Engine, seed: number): boolean {
  try {
    return disagreement(planted, seed) !== null
  } catch {
    return true
  }
}
