import { defineConfig } from '@playwright/test'
import usual from '../../playwright.config'

const { projects: _, ...rest } = usual

/** Pictures, not tests: outside `npm test`, run by take.mjs. The projects of the tests would look for specs. */
export default defineConfig({
  ...rest,
  globalSetup: '../console-template.ts',
  testDir: '.',
  testMatch: 'pictures.ts',
  timeout: 120_000,
  use: { ...usual.use, actionTimeout: 30_000 },
})
