// Older orders are a page of their own: it shows their changes live, and new orders do not push into it.

import { expect, test } from '../fixtures/test';

test('a page of older orders is live, and stays where it is', { tag: '@phone' }, async ({ ada, caller }) => {
  const customer = await caller('ada');
  const oldest = await customer.placeOrder('tea:1');
  for (let more = 0; more < 100; more += 1) await customer.placeOrder('mug:1');
  const dashboard = await ada.signIn();
  await expect(dashboard.order(oldest.number)).toHaveCount(0);

  await dashboard.page.getByRole('link', { name: 'Older' }).click();
  await expect(dashboard.order(oldest.number)).toBeVisible();
  await dashboard.live();
  const shown = await dashboard.orders.count();

  await customer.placeOrder('kettle:1');
  await (await caller('ops')).advanceOrder(oldest);
  await expect(dashboard.status(oldest.number)).toHaveText('Packed');
  await expect(dashboard.orders).toHaveCount(shown);

  await dashboard.page.getByRole('link', { name: 'Newest' }).click();
  await expect(dashboard.orders.first()).toContainText('Pouring kettle');
  await dashboard.live();
  await expect(dashboard.unread).toHaveText('1');
});
