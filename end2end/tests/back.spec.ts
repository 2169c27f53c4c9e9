// A page that is left and come back to is the same document, kept as it was: it has no line meanwhile, opens one at once, and catches up.

import { expect, test } from '../fixtures/relay';

// The page that one goes to and comes back from.
test.use({ expectedComplaints: /status of (404|401)/ });

test('what happens while one is elsewhere shows when one comes back', async ({ ada, relay, caller }) => {
  const order = await (await caller('ada')).placeOrder('mug:1');
  const dashboard = await ada.signIn();
  await dashboard.markDocument();
  await dashboard.page.evaluate(() => {
    const { dataset } = document.querySelector<HTMLElement>('[data-testid=line]')!;
    addEventListener('pageshow', () => Object.assign(window, { kept: dataset.state }), { once: true, capture: true });
  });

  await dashboard.page.goto('/nowhere');
  await expect.poll(() => relay.open, 'who has left holds no stream').toBe(0);
  const ops = await caller('ops');
  await ops.advanceOrder(order);

  await dashboard.page.goBack({ waitUntil: 'commit' });
  await expect(dashboard.line).toContainText('Caught up: 2 missed');
  await dashboard.expectSameDocument();
  expect(await dashboard.page.evaluate(() => (window as unknown as { kept: string }).kept), 'it never looked live').toBe('opening');
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.unread).toHaveText('1');
  expect(relay.asked).toBe(2);

  await ops.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Shipped');
});

test('who has signed out meanwhile is not shown the page', async ({ ada }) => {
  const dashboard = await ada.signIn();
  const other = await ada.newTab();
  await dashboard.page.goto('/nowhere');
  await other.button('Sign out').click();
  await expect(other.page).toHaveURL('/sign-in');

  await dashboard.page.goBack({ waitUntil: 'commit' });
  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  await expect(dashboard.button('Sign in')).toBeVisible();
});
