// The back/forward cache (bfcache) restores the same document: it holds no stream meanwhile, connects at once, and catches up.

import { expect, test } from '../fixtures/stream-proxy';

// The page in between is not found, and a restored page may be signed out.
test.use({ allowedConsoleErrors: /status of (404|401)/ });

test('a restored page catches up on what happened while it was in the cache', async ({ ada, streamProxy, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await dashboard.markDocument();
  await dashboard.connection.evaluate(({ dataset }) => {
    addEventListener('pageshow', () => Object.assign(window, { restoredAs: dataset['state'] }), { once: true, capture: true });
  });

  await dashboard.page.goto('/nowhere');
  await expect.poll(() => streamProxy.openStreams, 'a page in the cache holds no stream').toBe(0);
  const staff = await signInToApi('ops');
  await staff.advanceOrder(order);

  await dashboard.page.goBack({ waitUntil: 'commit' });
  await dashboard.expectCaughtUp(2);
  await dashboard.expectSameDocument();
  const restoredAs = await dashboard.page.evaluate(() => (window as unknown as { restoredAs: string }).restoredAs);
  expect(restoredAs, 'it never claimed to be live').toBe('opening');
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.unreadCount).toHaveText('1');
  expect(streamProxy.requests).toBe(2);

  await staff.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Shipped');
});

test('a user who signed out meanwhile is not shown the restored page', async ({ ada }) => {
  const dashboard = await ada.signIn();
  const other = await ada.newTab();
  await dashboard.page.goto('/nowhere');
  await other.signOut.click();
  await expect(other.page).toHaveURL('/sign-in');

  await dashboard.page.goBack({ waitUntil: 'commit' });
  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  await expect(ada.signInPage.submitButton).toBeVisible();
});
