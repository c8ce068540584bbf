import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of the integration ring that take more than ten seconds, longest first: begun last they would run on alone. */
const LONG = [
  ...['packed', 'conformance', 'race', 'approvals-kill', 'approvals-races', 'approvals-clients', 'kill', 'pins', 'start'].map(
    (name) => `e2e/${name}`,
  ),
  ...['db/migrate', 'db/connect', 'e2e/approvals-legs', 'e2e/approvals', 'gateway/relay-process', 'db/writer-faults', 'e2e/hold-cli'],
].map((name) => `${name}.test.ts`)

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.indexOf(relative(import.meta.dirname, moduleId))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    // Whole-process tests wait for a fifth of their time. As a percentage it would be no more than the cores.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'unit', include: ['{core,components}/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'integration',
          include: ['{db,gateway,app,e2e,bench}/**/*.test.ts', '*.test.ts'],
          globalSetup: ['db/testing-setup.ts'],
          // Nothing of ours lives in a module: reading it anew for each file would take a fifth of the time.
          isolate: false,
          // On a machine that is busy with other things a test takes longer; what must be soon says so itself.
          testTimeout: 120_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        test: {
          name: 'faults',
          // One takes the machine to its limits, another measures what happens when something is slow: not both at once.
          fileParallelism: false,
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
