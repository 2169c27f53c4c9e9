// The browser hydrates the page that the server rendered: nothing is rendered again, and no console reports a mismatch. Every test checks
// the console; this one opens each page by its address, with everything on it that it can have.

import { expect, test } from '../fixtures/test';

test.use({ allowedConsoleErrors: /status of 404/ });

test('each page is hydrated as it was rendered', { tag: ['@phone', '@firefox'] }, async ({ ada, ops, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  await customer.cancelOrder(await customer.placeOrder({ mug: 1 }));
  await staff.advanceOrder(await customer.placeOrder({ tea: 1, mug: 99 }));
  await staff.broadcast('Hello', 'To "everyone" & <everything>.');
  await Promise.all([ada.signIn(), ops.signIn()]);

  for (const user of [ada, ops]) {
    const tab = await user.newTab();
    await expect(tab.username).toHaveText(user.name);
    await expect(tab.orders).toHaveCount(2);
    await expect(tab.notification('Hello')).toContainText('To "everyone" & <everything>.');
  }
  const page = await ada.context.newPage();
  expect((await page.goto('/nowhere'))?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
});

// A tab in the background is hardly ever idle, and neither is a page on a busy machine.
test('a page is hydrated where the browser is never idle', async ({ ada, ops }) => {
  for (const user of [ada, ops]) {
    await user.context.addInitScript(() => {
      window.requestIdleCallback = (callback, { timeout } = {}) =>
        timeout === undefined ? 0 : window.setTimeout(() => callback({ didTimeout: true, timeRemaining: () => 0 }), timeout);
    });
    await user.signIn();
  }
});
