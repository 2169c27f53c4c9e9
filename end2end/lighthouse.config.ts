// How the pages are measured with Lighthouse: one after the other, since it is the machine that is measured.

import { defineConfig } from '@playwright/test';
import suite from './playwright.config';

export default defineConfig({ ...suite, testDir: 'lighthouse', fullyParallel: false, workers: 1, timeout: 300_000, projects: [{ name: 'lighthouse' }] });
