// A browser that loses its network says so, and catches up when it has it back.

import { expect, test } from '../fixtures/test';

test.use({ expectedComplaints: /net::ERR_/ });

test('what happens while a browser is offline shows when it is back', { tag: '@phone' }, async ({ ada, caller }) => {
  const order = await (await caller('ada')).placeOrder('tea:2');
  const ops = await caller('ops');
  const dashboard = await ada.signIn();
  await dashboard.markDocument();

  await ada.context.setOffline(true);
  await expect(dashboard.line).toHaveAttribute('data-state', 'offline');
  await expect(dashboard.line).toContainText('Offline');
  await ops.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Placed');

  await ada.context.setOffline(false);
  await expect(dashboard.line).toContainText('Caught up: 2 missed');
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.unread).toHaveText('1');
  await dashboard.expectSameDocument();
});
