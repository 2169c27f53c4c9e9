// A server that crashes costs a moment, never an event: the page says that its line is down and when it will try again, and what
// happened in between shows exactly once.

import { expect, test } from '../fixtures/test';

// A browser reports each attempt to reach a server that is not there.
test.use({ expectedComplaints: /net::ERR_/ });

test('a killed server is missed and told of, and nothing that happened in between is lost or doubled', { tag: '@phone' }, async ({ ada, caller, server }) => {
  const order = await (await caller('ada')).placeOrder('coffee:1');
  const dashboard = await ada.signIn();
  await dashboard.markDocument();

  // The line stays down until everything has happened; the server itself is soon back.
  await ada.context.route('**/events?*', (route) => route.abort());
  await server.kill();
  await expect(dashboard.line).toHaveAttribute('data-state', 'waiting');
  await expect(dashboard.button('Now')).toBeVisible();
  await server.start();

  const ops = await caller('ops');
  await ops.advanceOrder(order);
  const parcel = { title: 'Parcel', message: 'It is on the doorstep.' };
  const id = await ops.push('ada', 'notification', parcel, 'parcel-1');
  expect(await ops.push('ada', 'notification', parcel, 'parcel-1'), 'the same key is the same event').toBe(id);
  await expect(dashboard.status(order.number)).toHaveText('Placed');
  await expect(dashboard.unread).toBeHidden();

  // Each wait is longer than the last. One of some seconds leaves the time to watch it count down, and to cut it short.
  await expect(dashboard.line).toContainText(/Reconnecting in [4-8] s/, { timeout: 20_000 });
  const seconds = Number(/\d+/.exec((await dashboard.line.textContent()) ?? '')?.[0]);
  await expect(dashboard.line).toContainText(`Reconnecting in ${seconds - 1} s`);
  await ada.context.unroute('**/events?*');
  await dashboard.button('Now').click();

  await expect(dashboard.line).toContainText('Caught up: 3 missed');
  await dashboard.live();
  await expect(dashboard.orders).toHaveCount(1);
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.notes).toHaveCount(2);
  await expect(dashboard.note('packed')).toHaveCount(1);
  await expect(dashboard.note('Parcel')).toHaveCount(1);
  await expect(dashboard.unread).toHaveText('2');

  // What comes now comes after all that was missed: nothing of it can follow any more.
  await ops.advanceOrder(order);
  await expect(dashboard.status(order.number)).toHaveText('Shipped');
  await expect(dashboard.unread).toHaveText('3');
  await expect(dashboard.notes).toHaveCount(3);
  await expect(dashboard.note('Parcel')).toHaveCount(1);
  await expect(dashboard.orders).toHaveCount(1);
  await dashboard.expectSameDocument();
});
