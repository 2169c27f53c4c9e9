// A server crash costs a moment, never an event: the page says that it is disconnected and when it tries again, and shows what happened
// meanwhile exactly once.

import { expect, test } from '../fixtures/test';

// A browser reports each attempt to reach a server that is down.
test.use({ allowedConsoleErrors: /net::ERR_|Firefox can’t establish a connection/ });

test('a page reconnects to a killed server, and no event is lost or shown twice', { tag: ['@phone', '@firefox'] }, async ({ ada, signInToApi, server }) => {
  const order = await (await signInToApi('ada')).placeOrder({ coffee: 1 });
  const dashboard = await ada.signIn();
  await dashboard.markDocument();

  // The stream stays down until everything has happened; the server itself is soon back.
  await ada.context.route('**/events?*', (route) => route.abort());
  await server.kill();
  await dashboard.expectState('waiting');
  await expect(dashboard.retryNow).toBeVisible();
  await server.start();

  const staff = await signInToApi('ops');
  await staff.advanceOrder(order);
  const parcel = { title: 'Parcel', message: 'It is on the doorstep.' };
  const id = await staff.push('ada', 'notification', parcel, 'parcel-1');
  expect(await staff.push('ada', 'notification', parcel, 'parcel-1'), 'the same key is the same event').toBe(id);
  await expect(dashboard.status(order.number)).toHaveText('Placed');
  await expect(dashboard.unreadCount).toBeHidden();

  // Each wait is longer than the one before. One of some seconds leaves the time to watch the count-down and to end it early.
  await expect(dashboard.connection).toContainText(/Reconnecting in [4-8] s/, { timeout: 20_000 });
  const seconds = Number(/\d+/.exec((await dashboard.connection.textContent()) ?? '')?.[0]);
  await expect(dashboard.connection).toContainText(`Reconnecting in ${seconds - 1} s`);
  await ada.context.unroute('**/events?*');
  await dashboard.retryNow.focus();
  await dashboard.retryNow.click();

  await dashboard.expectCaughtUp(3);
  await expect(dashboard.connection, 'the focus is not lost with the button').toBeFocused();
  await dashboard.waitUntilLive();
  await expect(dashboard.orders).toHaveCount(1);
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.notifications).toHaveCount(2);
  await expect(dashboard.notification('packed')).toHaveCount(1);
  await expect(dashboard.notification('Parcel')).toHaveCount(1);
  await expect(dashboard.unreadCount).toHaveText('2');

  // An event that comes now comes after everything that was missed: none of that can follow any more.
  await staff.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Shipped');
  await expect(dashboard.unreadCount).toHaveText('3');
  await expect(dashboard.notifications).toHaveCount(3);
  await expect(dashboard.notification('Parcel')).toHaveCount(1);
  await expect(dashboard.orders).toHaveCount(1);
  await dashboard.expectSameDocument();
});
