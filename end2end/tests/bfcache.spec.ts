// Going back: pages are `no-store`, so that the browser asks for them again instead of restoring them from its back/forward cache (bfcache).
// A page that was left holds no stream.

import { expect, test } from '../fixtures/stream-proxy';

// The page in between is not found, and a page that was left may be signed out.
test.use({ allowedConsoleErrors: /status of (404|401)/ });

test('going back loads the page anew: it shows what has happened since, and is live', { tag: '@firefox' }, async ({ ada, streamProxy, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await dashboard.markDocument();

  await dashboard.page.goto('/nowhere');
  await expect.poll(() => streamProxy.openStreams, 'a page that was left holds no stream').toBe(0);
  const staff = await signInToApi('ops');
  await staff.advanceOrder(order);

  await dashboard.page.goBack({ waitUntil: 'commit' });
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await dashboard.waitUntilHydrated();
  await dashboard.waitUntilLive();
  await dashboard.expectNewDocument();
  await expect(dashboard.unreadCount).toHaveText('1');
  expect(streamProxy.requests).toBe(2);

  await staff.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Shipped');
});

test('a user who signed out meanwhile is not shown the page again', { tag: '@firefox' }, async ({ ada }) => {
  const dashboard = await ada.signIn();
  const other = await ada.newTab();
  await dashboard.page.goto('/nowhere');
  await other.signOut();
  await expect(other.page).toHaveURL('/sign-in');

  await dashboard.page.goBack({ waitUntil: 'commit' });
  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  await expect(ada.signInPage.submitButton).toBeVisible();
});
