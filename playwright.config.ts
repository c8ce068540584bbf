import { defineConfig } from '@playwright/test'
import { systemChromium } from './chromium.mjs'

const executablePath = systemChromium()

/** What takes longest begins first: begun last it would run on alone. */
const LONG = ['crawl', 'every-page', 'inbox', 'inbox-card', 'publish', 'sign-in'].map((name) => `**/${name}.spec.ts`)

/** Each spec starts what it needs on free ports (e2e/console.ts), so that several runs at once do not meet. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './e2e/console-template.ts',
  // Browser, console, database and gateways share what cores there are.
  timeout: 240_000,
  expect: { timeout: 20_000 },
  workers: 2,
  projects: [
    { name: 'long', testMatch: LONG },
    { name: 'short', testIgnore: LONG },
  ],
  forbidOnly: true,
  use: {
    ...(executablePath ? { launchOptions: { executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] } } : {}),
    trace: 'off',
  },
})
