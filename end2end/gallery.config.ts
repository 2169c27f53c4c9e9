// How the gallery is made: `make screenshots`.

import { defineConfig } from '@playwright/test';
import suite from './playwright.config';

export default defineConfig({ ...suite, testDir: 'gallery', timeout: 600_000, projects: [{ name: 'gallery' }] });
