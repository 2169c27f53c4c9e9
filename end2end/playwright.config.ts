// How the suite runs: against the release build, in Chromium, without retries. A test that passes only sometimes is a failure.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';

// Written by tools/setup; where it is missing, Playwright takes the browser that it has installed itself.
const found = join(__dirname, '../.tools/chromium');
const executablePath = existsSync(found) ? readFileSync(found, 'utf8').trim() : undefined;

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  forbidOnly: true,
  reporter: 'list',
  use: {
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath,
      // Pages are kept for the way back, as in the browsers that people use.
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
    // What a small screen or a finger could break is tested there as well.
    { name: 'phone', use: { ...devices['Pixel 7'] }, grep: /@phone/ },
  ],
});
