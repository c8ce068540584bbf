import { defineConfig } from 'vitest/config'

/** Two rings: `unit` and `integration` are `npm test`; `faults` is slow, needs system tools, and runs by `npm run test:faults`. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['core/**/*.test.ts', 'components/**/*.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['{app,db,gateway,policies,e2e}/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['{core,db,gateway,e2e}/**/*.faults.ts'],
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
