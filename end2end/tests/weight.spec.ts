// What a first visit to a page costs: the bytes of everything that is transferred until the page is live, compressed (docs/weight.md).

import type { Page, Request } from '@playwright/test';
import { AppPage } from '../fixtures/pages/app-page';
import { SAMPLE_ITEMS } from '../fixtures/sample-orders';
import { expect, test } from '../fixtures/test';
import type { TestUser } from '../fixtures/test-user';

/** The most that a page may cost, in bytes; the customer's first page less. */
const LIMIT = 180_000;
const LIMIT_CUSTOMER = 165_000;

/** The same for a page without islands, which has no script. */
const LIMIT_STATIC = 10_000;

/** A page shows so many orders and no more. */
const ORDERS_PER_PAGE = 100;

test('the sign-in page has no script', async ({ ada }, info) => {
  const [requests, parts] = await weigh(ada.tab.page, () => ada.tab.page.goto('/sign-in', { waitUntil: 'networkidle' }).then());
  await info.attach('sign-in', { body: JSON.stringify(parts) });
  expect(requests.filter((request) => /\.(js|wasm)$/.test(request.url()))).toEqual([]);
  expect(sum(parts)).toBeLessThanOrEqual(LIMIT_STATIC);
});

for (const orders of [0, ORDERS_PER_PAGE]) {
  test(`each live page stays below the limit in a shop of ${orders} orders`, async ({ ada, ops, signInToApi, browser, baseURL }, info) => {
    const customer = await signInToApi('ada');
    for (let placed = 0; placed < orders; placed += 1) await customer.placeOrder(SAMPLE_ITEMS[placed % SAMPLE_ITEMS.length]!);
    const pages = [[ada, '/'], [ops, '/console'], [ada, '/wire']] as [TestUser<AppPage>, string][];
    if (orders > 0) pages.push([ada, '/orders/1001'], [ops, '/orders/1001'], [ada, '/notifications']);
    for (const [user, path] of pages) {
      await user.signIn();
      // With the session, and with an empty cache.
      const context = await browser.newContext({ baseURL, storageState: await user.context.storageState() });
      const page = new AppPage(await context.newPage());
      const [requests, parts] = await weigh(page.page, async () => {
        await page.page.goto(path);
        await page.waitUntilHydrated();
        await page.waitUntilLive();
      });
      await context.close();
      await info.attach(path, { body: JSON.stringify(parts) });
      expect(requests.some((request) => /\.wasm$/.test(request.url())), 'the WebAssembly was weighed').toBe(true);
      expect(sum(parts), `${path}: ${JSON.stringify(parts)}`).toBeLessThanOrEqual(path === '/' ? LIMIT_CUSTOMER : LIMIT);
    }
  });
}

/** Runs `visit`, and returns the page's requests and the bytes of their responses by content type. */
async function weigh(page: Page, visit: () => Promise<void>): Promise<[Request[], Record<string, number>]> {
  const requests: Request[] = [];
  page.on('requestfinished', (request) => requests.push(request));
  await visit();
  const parts: Record<string, number> = {};
  for (const request of requests) {
    const response = await request.response();
    const kind = response?.headers()['content-type']?.split(';')[0] ?? 'none';
    if (/html|javascript|wasm|css/.test(kind)) expect(response?.headers()['content-encoding'], request.url()).toBe('br');
    // The size of a response from the cache is negative.
    parts[kind] = (parts[kind] ?? 0) + Math.max((await request.sizes()).responseBodySize, 0);
  }
  return [requests, parts];
}

function sum(parts: Record<string, number>): number {
  return Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
}
