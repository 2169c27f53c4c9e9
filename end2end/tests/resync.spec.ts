// A cursor that the server cannot serve any more gets a resync, and the page loads a fresh snapshot: never silence, never a wrong row.

import { expect, test } from '../fixtures/stream-proxy';

test.use({ allowedConsoleErrors: /net::ERR_|status of 401/ });

const RESYNCED = 'Up to date again';

test('a page that was disconnected for longer than the history is resynced', { tag: '@phone' }, async ({ ada, streamProxy, server, signInToApi }) => {
  const [customer, staff] = [await signInToApi('ada'), await signInToApi('ops')];
  const [cancelled, packed] = [await customer.placeOrder({ mug: 1 }), await customer.placeOrder({ tea: 1 })];
  const dashboard = await ada.signIn();
  await dashboard.markDocument();
  streamProxy.holdStreams();
  streamProxy.breakStreams();
  await customer.cancelOrder(cancelled);
  await staff.advanceOrder(packed);
  const placed = await customer.placeOrder({ kettle: 1 });
  await server.stop();
  server.flags = ['--history=1s'];
  await server.start();
  const trimmed = () => [...server.log.matchAll(/trimmed the log events=(\d+)/g)].reduce((sum, [, events]) => sum + Number(events), 0);
  await expect.poll(trimmed, 'more events are gone than the two that the page has seen').toBeGreaterThan(2);
  streamProxy.releaseStreams();

  await expect(dashboard.toast(RESYNCED)).toBeVisible();
  await dashboard.waitUntilLive();
  await expect(dashboard.orders).toHaveCount(3);
  await expect(dashboard.status(cancelled.number)).toHaveText('Cancelled');
  await expect(dashboard.status(packed.number)).toHaveText('Packed');
  await expect(dashboard.status(placed.number)).toHaveText('Placed');
  await expect(dashboard.unreadCount).toHaveText('1');

  // The stream goes on from there.
  await (await signInToApi('ops')).advanceOrder(placed);
  await expect(dashboard.status(placed.number)).toHaveText('Packed');
  await expect(dashboard.unreadCount).toHaveText('2');
  await expect(dashboard.toast(RESYNCED)).toHaveCount(1);
  await dashboard.expectSameDocument();
});

test('with a new database every session is gone; a user who signs in again sees the new state', async ({ ada, server, signInToApi }) => {
  await (await signInToApi('ada')).placeOrder({ mug: 1 });
  const dashboard = await ada.signIn();
  await expect(dashboard.orders).toHaveCount(1);
  await server.stop();
  await server.deleteDatabase();
  await server.start();

  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  await ada.signInPage.signIn('ada');
  await dashboard.waitUntilLive();
  await expect(dashboard.orders).toHaveCount(0);
  const order = await (await signInToApi('ada')).placeOrder({ tea: 1 });
  await expect(dashboard.status(order.number)).toHaveText('Placed');
});
