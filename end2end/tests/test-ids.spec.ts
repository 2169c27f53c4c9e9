// Test ids are named in one place, `fixtures/test-ids.ts`: specs use page objects and constants. The views have no others.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { TEST_IDS } from '../fixtures/test-ids';

const ROOT = join(__dirname, '../..');
const NAMES_A_TEST_ID = /data-testid|dataset\W+testid|ByTestId\((?!TEST_IDS\.)/;

test('no spec and no page object names a test id itself', () => {
  const folders = ['end2end/tests', 'end2end/fixtures', 'end2end/firefox', 'end2end/lighthouse', 'end2end/gallery'];
  const allowed = ['end2end/fixtures/test-ids.ts', 'end2end/tests/test-ids.spec.ts'];
  const files = folders.flatMap((folder) => filesIn(folder, '.ts')).filter((file) => !allowed.includes(file));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => NAMES_A_TEST_ID.test(read(file)))).toEqual([]);
});

test('the views have each of these test ids, and no other', () => {
  const attributes = filesIn('src', '.rs').flatMap((file) => [...read(file).matchAll(/data-testid="([^"]+)"/g)]);
  const inViews = new Set(attributes.map(([, id]) => id));
  expect([...inViews].sort()).toEqual(Object.values(TEST_IDS).sort());
});

test('the program does not depend on test ids', () => {
  expect(filesIn('src', '.rs').filter((file) => /\[data-testid/.test(read(file)))).toEqual([]);
  expect(filesIn('style', '.css').filter((file) => /data-testid/.test(read(file)))).toEqual([]);
});

function filesIn(folder: string, suffix: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return entries.filter((entry) => entry.endsWith(suffix)).map((entry) => join(folder, entry));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
