import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Whole-process tests mostly wait: with a worker a core they keep their budget.
    maxWorkers: '100%',
    projects: [
      { test: { name: 'unit', include: ['core/**/*.test.ts'], testTimeout: 10_000 } },
      {
        test: {
          name: 'integration',
          include: ['{db,gateway,app,components,e2e,bench}/**/*.test.ts', '*.test.ts'],
          globalSetup: ['db/testing-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['{core,db,gateway,app,components,e2e}/**/*.faults.ts'],
          exclude: ['**/node_modules/**', 'dist/**'],
          globalSetup: ['db/testing-setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
