import { defineConfig } from '@playwright/test'
import usual from '../../playwright.config'

/** Pictures, not tests: outside `npm test`, run by take.mjs. */
export default defineConfig({
  ...usual,
  testDir: '.',
  testMatch: 'pictures.ts',
  timeout: 120_000,
  use: { ...usual.use, actionTimeout: 30_000 },
})
