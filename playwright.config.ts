import { defineConfig } from '@playwright/test'
import { systemChromium } from './chromium.mjs'

const executablePath = systemChromium()

/** Each spec starts what it needs on free ports (e2e/page.ts), so that several runs at once do not meet. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  globalSetup: './e2e/console-template.ts',
  timeout: 120_000,
  // Browser, console, database and gateways share what cores there are.
  expect: { timeout: 20_000 },
  workers: 2,
  forbidOnly: true,
  use: {
    ...(executablePath ? { launchOptions: { executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] } } : {}),
    trace: 'off',
  },
})
