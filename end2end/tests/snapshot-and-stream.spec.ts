// The page and its stream meet exactly: what happens after the page is rendered and before its stream is open shows once.

import { expect, test } from '../fixtures/stream-proxy';

test('what happens between the page and its stream shows exactly once', async ({ ada, streamProxy, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const order = await customer.placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();

  streamProxy.holdStreams();
  await dashboard.page.reload();
  await dashboard.waitUntilHydrated();
  await expect(dashboard.connection).toHaveText('Connecting…');
  await expect.poll(() => streamProxy.requests).toBe(2);
  const later = await customer.placeOrder({ tea: 1 });
  await staff.advanceOrder(order);
  await staff.notify('ada', 'Between', 'No stream is open yet.');
  await expect(dashboard.orders).toHaveCount(1);

  streamProxy.releaseStreams();
  await dashboard.expectCaughtUp(4);
  // An event that comes now comes after all of them: none of them can follow any more.
  await staff.notify('ada', 'After', 'The stream is open.');
  await expect(dashboard.notification('After')).toHaveCount(1);
  await expect(dashboard.notification('Between')).toHaveCount(1);
  await expect(dashboard.notifications).toHaveCount(3);
  await expect(dashboard.unreadCount).toHaveText('3');
  await expect(dashboard.orders).toHaveCount(2);
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.status(later.number)).toHaveText('Placed');
});
