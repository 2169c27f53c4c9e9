// How the suite runs: against the release build, in Chromium, without retries. A test that passes only sometimes has failed.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';

// Written by tools/setup. Without it Playwright uses the browser that it has installed itself.
const browserPath = join(__dirname, '../.tools/chromium');
const executablePath = existsSync(browserPath) ? readFileSync(browserPath, 'utf8').trim() : undefined;

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  forbidOnly: true,
  reporter: 'list',
  use: {
    // A trace takes as long as the test itself: TRACE=1 asks for it.
    trace: process.env['TRACE'] ? 'retain-on-failure' : 'off',
    launchOptions: {
      executablePath,
      // Playwright turns the back/forward cache off by default; browsers of users have it on.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1280, height: 800 } } },
    // Tests tagged @phone run on a small touch screen as well.
    { name: 'phone', use: { ...devices['Pixel 7'] }, grep: /@phone/ },
  ],
});
