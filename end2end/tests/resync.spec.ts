// A position that the server cannot serve any more is told of, and the page fetches itself anew: never silence, never a wrong row.

import { expect, test } from '../fixtures/relay';

test.use({ expectedComplaints: /net::ERR_|status of 401/ });

test('a page that was away for longer than events are kept is brought up to date', { tag: '@phone' }, async ({ ada, relay, server, caller }) => {
  const [customer, ops] = [await caller('ada'), await caller('ops')];
  const [gone, kept] = [await customer.placeOrder('mug:1'), await customer.placeOrder('tea:1')];
  const dashboard = await ada.signIn();
  await dashboard.markDocument();
  relay.hold();
  relay.cut();
  await customer.cancelOrder(gone);
  await ops.advanceOrder(kept);
  const fresh = await customer.placeOrder('kettle:1');
  await server.stop();
  server.flags = ['--history=1s'];
  await server.start();
  const trimmed = () => [...server.log.matchAll(/trimmed the log events=(\d+)/g)].reduce((sum, [, events]) => sum + Number(events), 0);
  await expect.poll(trimmed, 'more is gone than the two events that the page has seen').toBeGreaterThan(2);
  relay.release();

  await expect(dashboard.toast('Brought up to date')).toBeVisible();
  await dashboard.live();
  await expect(dashboard.orders).toHaveCount(3);
  await expect(dashboard.status(gone.number)).toHaveText('Cancelled');
  await expect(dashboard.status(kept.number)).toHaveText('Packed');
  await expect(dashboard.status(fresh.number)).toHaveText('Placed');
  await expect(dashboard.unread).toHaveText('1');

  // The line goes on from there.
  await (await caller('ops')).advanceOrder(fresh);
  await expect(dashboard.status(fresh.number)).toHaveText('Packed');
  await expect(dashboard.unread).toHaveText('2');
  await expect(dashboard.toasts.filter({ hasText: 'Brought up to date' })).toHaveCount(1);
  await dashboard.expectSameDocument();
});

test('a server with a new database knows nobody; who signs in again sees what is there', async ({ ada, server, caller }) => {
  await (await caller('ada')).placeOrder('mug:1');
  const dashboard = await ada.signIn();
  await expect(dashboard.orders).toHaveCount(1);
  await server.stop();
  await server.forget();
  await server.start();

  await expect(dashboard.page).toHaveURL('/sign-in?next=%2F');
  await dashboard.fillSignIn('ada', 'demo');
  await dashboard.live();
  await expect(dashboard.orders).toHaveCount(0);
  const order = await (await caller('ada')).placeOrder('tea:1');
  await expect(dashboard.status(order.number)).toHaveText('Placed');
});
