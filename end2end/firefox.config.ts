// How the core tests, which are tagged @firefox, run in Firefox: as in Chromium, by Playwright too, which drives an unchanged Firefox by
// WebDriver BiDi. Playwright's own patched Firefox is not needed.
//
// Such a test needs nothing that BiDi or Firefox lacks: no `newCDPSession`, no emulated media, no permissions. Where a stream may fail,
// its `allowedConsoleErrors` have Firefox's words too, which are the same for every cause.

import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import suite from './playwright.config';

const firefox = (firefoxUserPrefs: Record<string, boolean> = {}) => ({
  browserName: 'firefox' as const,
  channel: 'moz-firefox',
  launchOptions: { executablePath: join(__dirname, 'firefox/launch.mjs'), firefoxUserPrefs },
  viewport: { width: 1280, height: 800 },
});

export default defineConfig({
  ...suite,
  projects: [
    { name: 'firefox', use: firefox(), grep: /@firefox/ },
    // Playwright's `javaScriptEnabled` has no effect by BiDi.
    { name: 'firefox without JavaScript', use: firefox({ 'javascript.enabled': false }), testDir: 'firefox' },
  ],
});
