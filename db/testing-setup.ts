import type { TestProject } from 'vitest/node'
import { makeTestFolder, removeTestFolder } from './testing-server'

declare module 'vitest' {
  interface ProvidedContext {
    testFolder: string
  }
}

/** One folder, and on demand one PostgreSQL server, per vitest run: see db/testing.ts. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await makeTestFolder()
  project.provide('testFolder', folder)
  return () => removeTestFolder(folder)
}
