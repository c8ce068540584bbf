import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import type { Mutation } from './mutations'

/** compare.ts with the evaluator that it compares, as it is or with a mistake planted in it. */
type Comparison = typeof import('./compare')

const POLICY = dirname(dirname(fileURLToPath(import.meta.url)))

/** The source with the mistake in it. Throws when the text to replace is not there exactly once: the list is then out of date. */
export function plant({ mistake, file, from, to }: Mutation, source: string): string {
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${file} holds the text of "${mistake}" ${parts.length - 1} times: bring mutations.ts up to date`)
  return parts.join(to)
}

export const sourceOf = (file: string): Promise<string> => readFile(join(POLICY, file), 'utf8')

/** The comparison of the evaluator with the naive interpreter, as one plain module: three times as fast as through the test runner. */
export const comparison = (): Promise<Comparison> => bundled(new Map())

/** The same, of an evaluator with one mistake planted. */
export const mutant = async (mutation: Mutation): Promise<Comparison> =>
  bundled(new Map([[join(POLICY, mutation.file), plant(mutation, await sourceOf(mutation.file))]]))

async function bundled(planted: ReadonlyMap<string, string>): Promise<Comparison> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-proof-'))
  try {
    const bundle = await rolldown({
      input: join(POLICY, 'proof', 'compare.ts'),
      platform: 'node',
      plugins: [{ name: 'mutation', load: (id) => planted.get(id) ?? null }],
    })
    await bundle.write({ file: join(directory, 'compare.mjs'), format: 'esm' })
    await bundle.close()
    return (await import(pathToFileURL(join(directory, 'compare.mjs')).href)) as Comparison
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
