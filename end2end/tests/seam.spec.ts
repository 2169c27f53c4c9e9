// The page and its stream meet exactly: what happens after the page is rendered and before its stream is open shows once.

import { expect, test } from '../fixtures/relay';

test('what happens between the page and its stream shows exactly once', async ({ ada, relay, caller }) => {
  const [customer, ops] = [await caller('ada'), await caller('ops')];
  const order = await customer.placeOrder('mug:1');
  const dashboard = await ada.signIn();

  relay.hold();
  await dashboard.page.reload();
  await dashboard.hydrated();
  await expect(dashboard.line).toHaveText('Connecting…');
  await expect.poll(() => relay.asked).toBe(2);
  const later = await customer.placeOrder('tea:1');
  await ops.advanceOrder(order);
  await ops.notify('ada', 'Between', 'Nobody listens yet.');
  await expect(dashboard.orders).toHaveCount(1);

  relay.release();
  await expect(dashboard.line).toContainText('Caught up: 4 missed');
  // What comes now comes after all of it: nothing of it can follow any more.
  await ops.notify('ada', 'After', 'Everybody listens.');
  await expect(dashboard.note('After')).toHaveCount(1);
  await expect(dashboard.note('Between')).toHaveCount(1);
  await expect(dashboard.notes).toHaveCount(3);
  await expect(dashboard.unread).toHaveText('3');
  await expect(dashboard.orders).toHaveCount(2);
  await expect(dashboard.status(order.number)).toHaveText('Packed');
  await expect(dashboard.status(later.number)).toHaveText('Placed');
});
