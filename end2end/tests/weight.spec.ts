// What a page costs who opens it for the first time: the bytes of all that is sent until it is alive, as they are sent (docs/weight.md).

import type { Page, Request } from '@playwright/test';
import { Tab } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

/** Bytes, of which a page may cost no more. */
const LIMIT = 180_000;

/** Bytes, of which a page without islands may cost no more: it has no script. */
const LIMIT_STILL = 10_000;

test('the sign-in page brings no script', async ({ ada }, info) => {
  const [requests, parts] = await weigh(ada.tab.page, () => ada.tab.page.goto('/sign-in', { waitUntil: 'networkidle' }).then());
  await info.attach('sign-in', { body: JSON.stringify(parts) });
  expect(requests.filter((request) => /\.(js|wasm)$/.test(request.url()))).toEqual([]);
  expect(sum(parts)).toBeLessThanOrEqual(LIMIT_STILL);
});

test('each page with all that lives on it is light', { tag: '@phone' }, async ({ ada, ops, caller, browser, baseURL }, info) => {
  const customer = await caller('ada');
  for (const items of ['coffee:2, filters:1', 'kettle:1', 'tea:3', 'mug:4', 'tea:1']) await customer.placeOrder(items);
  for (const [person, path] of [[ada, '/'], [ops, '/console'], [ada, '/wire']] as const) {
    await person.signIn();
    // One comes with the session, and with nothing kept from before.
    const context = await browser.newContext({ baseURL, storageState: await person.context.storageState() });
    const page = await context.newPage();
    const [, parts] = await weigh(page, async () => {
      await page.goto(path);
      await new Tab(page).live();
    });
    await context.close();
    await info.attach(path, { body: JSON.stringify(parts) });
    expect(sum(parts), path).toBeLessThanOrEqual(LIMIT);
  }
});

/** Does it, and returns what the page asked for meanwhile, and the bytes of each kind of answer. */
async function weigh(page: Page, deed: () => Promise<void>): Promise<[Request[], Record<string, number>]> {
  const requests: Request[] = [];
  page.on('requestfinished', (request) => requests.push(request));
  await deed();
  const parts: Record<string, number> = {};
  for (const request of requests) {
    const answer = await request.response();
    const kind = answer?.headers()['content-type']?.split(';')[0] ?? 'nothing';
    if (/javascript|wasm|css/.test(kind)) expect(answer?.headers()['content-encoding'], request.url()).toBe('br');
    // What the browser had already is told as less than nothing.
    parts[kind] = (parts[kind] ?? 0) + Math.max((await request.sizes()).responseBodySize, 0);
  }
  return [requests, parts];
}

function sum(parts: Record<string, number>): number {
  return Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
}
