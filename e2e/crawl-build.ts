import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const BUILT = join(import.meta.dirname, '..', 'dist', 'console')

const manifest = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(BUILT, '.next', name), 'utf8'))

/** Every page and route of the production build, by its pattern. */
export async function builtRoutes(): Promise<readonly string[]> {
  return Object.values((await manifest('app-path-routes-manifest.json')) as { [file: string]: string }).sort()
}

export type BuiltAction = { readonly id: string; readonly name: string; readonly pages: readonly string[] }

type References = {
  readonly [id: string]: {
    readonly workers: { readonly [page: string]: unknown }
    readonly filename: string
    readonly exportedName: string
  }
}

/** Every server action of the production build, with the pages that answer it. */
export async function builtActions(): Promise<readonly BuiltAction[]> {
  const { node, edge } = (await manifest('server/server-reference-manifest.json')) as { node: References; edge: References }
  return Object.entries({ ...node, ...edge }).map(([id, { workers, filename, exportedName }]) => ({
    id,
    name: `${filename} ${exportedName}`,
    pages: Object.keys(workers).map((page) => `/${page.replace(/^app\//, '').replace(/(?:\([^)]*\)\/?|\/?page$)/g, '')}`),
  }))
}

/** The same build with no proxy in it: what Next then does is all that stands before pages, routes and actions. */
export async function buildWithoutProxy(): Promise<{ readonly script: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-no-proxy-'))
  await cp(BUILT, dir, { recursive: true, verbatimSymlinks: true })
  const functions = join(dir, '.next', 'server', 'functions-config-manifest.json')
  const { version, functions: known } = JSON.parse(await readFile(functions, 'utf8'))
  if (!('/_middleware' in known)) throw new Error('this build has no proxy where it used to be: look where it is now')
  const { '/_middleware': _, ...rest } = known
  await writeFile(functions, JSON.stringify({ version, functions: rest }))
  return { script: join(dir, 'server.js'), remove: () => rm(dir, { recursive: true, force: true }) }
}
