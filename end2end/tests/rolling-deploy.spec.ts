// A rolling deploy: an open page moves from one instance to the other, and no event is missed or shown twice. Users on different instances
// see each other's changes.

import { Cluster } from '../fixtures/cluster';
import { expect, test as base } from '../fixtures/test';

const test = base.extend<{ cluster: Cluster }>({
  cluster: async ({}, use) => {
    const cluster = await Cluster.start();
    await use(cluster);
    await cluster.stop();
  },
  // Instead of a server for each test.
  server: async ({ cluster }, use) => use(cluster.instances[0]!),
  baseURL: async ({ cluster }, use) => use(cluster.url),
});

// A browser reports each request that a stopping instance did not answer.
test.use({ ignoreHTTPSErrors: true, allowedConsoleErrors: /net::ERR_|status of 50[234]/ });

test('an open page misses nothing while both instances are restarted in turn', async ({ ada, signInToApi, cluster }) => {
  const dashboard = await ada.signIn();
  await dashboard.markDocument();
  const customer = await signInToApi('ada');
  const staff = await signInToApi('ops');

  let placed = 0;
  for (const instance of [...cluster.instances, ...cluster.instances]) {
    await instance.stop();
    // The other instance serves these.
    const order = await customer.placeOrder({ mug: 1 });
    await staff.advanceOrder(order);
    placed += 1;
    await expect(dashboard.status(order.number)).toHaveText('Packed', { timeout: 20_000 });
    await expect(dashboard.orders).toHaveCount(placed);
    await expect(dashboard.unreadCount).toHaveText(String(placed));
    await instance.start();
  }
  await dashboard.waitUntilLive();
  await dashboard.expectSameDocument();
});

test("users on different instances see each other's changes, and the console shows each connection's instance", async ({ ada, ops, cluster }) => {
  const dashboard = await ada.signIn();
  const staffConsole = await ops.signIn();
  const connection = staffConsole.connections.filter({ hasText: 'ada' });
  await expect(staffConsole.connections).toHaveCount(2);
  await expect(connection).toContainText(/on [ab]\b/);
  // nginx gives a new stream to the instance with the fewest connections, and requests that are under way count: both may be on one.
  await expect(async () => {
    const streams = await Promise.all(cluster.instances.map((instance) => instance.openStreams()));
    if (streams.includes(0)) await connection.getByRole('button', { name: 'Disconnect' }).click();
    expect(streams).toEqual([1, 1]);
  }).toPass();

  await dashboard.placeOrder('Stoneware mug', 1);
  await expect(staffConsole.orders.first()).toContainText('Placed');
  await connection.getByRole('button', { name: 'Disconnect' }).click();
  // The other instance ends the stream; the page reconnects by itself.
  await expect(dashboard.connection).not.toHaveAttribute('data-state', 'live');
  await dashboard.waitUntilLive();
});
