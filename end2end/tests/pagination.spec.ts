// Older orders are a page of their own: changes are live there, and new orders are not inserted.

import { expect, test } from '../fixtures/test';

test('a page of older orders is live and keeps its rows', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const customer = await signInToApi('ada');
  const oldest = await customer.placeOrder({ tea: 1 });
  for (let more = 0; more < 100; more += 1) await customer.placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await expect(dashboard.order(oldest.number)).toHaveCount(0);

  await dashboard.page.getByRole('link', { name: 'Older' }).click();
  await expect(dashboard.order(oldest.number)).toBeVisible();
  await dashboard.waitUntilLive();
  const rows = await dashboard.orders.count();

  await customer.placeOrder({ kettle: 1 });
  await (await signInToApi('ops')).advanceOrder(oldest);
  await expect(dashboard.status(oldest.number)).toHaveText('Packed');
  await expect(dashboard.orders).toHaveCount(rows);

  await dashboard.page.getByRole('link', { name: 'Newest' }).click();
  await expect(dashboard.orders.first()).toContainText('Pouring kettle');
  await dashboard.waitUntilLive();
  await expect(dashboard.unreadCount).toHaveText('1');
});
