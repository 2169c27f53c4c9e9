// How Lighthouse measures the pages: one after the other, so that they do not share the processor.

import { defineConfig } from '@playwright/test';
import suite from './playwright.config';

export default defineConfig({ ...suite, testDir: 'lighthouse', fullyParallel: false, workers: 1, timeout: 300_000, projects: [{ name: 'lighthouse' }] });
