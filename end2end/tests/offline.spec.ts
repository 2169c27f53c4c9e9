// A browser without network says that it is offline, and catches up when the network is back.

import { expect, test } from '../fixtures/test';

test.use({ allowedConsoleErrors: /net::ERR_/ });

test('a page catches up on what happened while the browser was offline', { tag: '@phone' }, async ({ ada, signInToApi }) => {
  const order = await (await signInToApi('ada')).placeOrder({ tea: 2 });
  const staff = await signInToApi('ops');
  const dashboard = await ada.signIn();
  await dashboard.markDocument();

  await ada.context.setOffline(true);
  await dashboard.expectState('offline');
  await expect(dashboard.connection).toContainText('Offline');
  await dashboard.button('Try now').click();
  await dashboard.expectState('offline');
  await staff.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Placed');

  await ada.context.setOffline(false);
  await dashboard.expectCaughtUp(2);
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.unreadCount).toHaveText('1');
  await dashboard.expectSameDocument();
});
