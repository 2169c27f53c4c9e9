// A rolling deploy, as a page sees it: its instance goes, it goes on with another, and nothing that happened is missed or shown twice.
// And two people on two instances see what the other does.

import { Cluster } from '../fixtures/cluster';
import { expect, test as alone } from '../fixtures/test';

const test = alone.extend<{ cluster: Cluster }>({
  cluster: async ({}, use) => {
    const cluster = await Cluster.start();
    await use(cluster);
    await cluster.stop();
  },
  // In place of the one that a test has of its own.
  server: async ({ cluster }, use) => use(cluster.instances[0]),
  baseURL: async ({ cluster }, use) => use(cluster.url),
});

// A browser reports each attempt that an instance which was just stopping did not answer.
test.use({ ignoreHTTPSErrors: true, expectedComplaints: /net::ERR_|status of 50[234]/ });

test('two instances are stopped and started in turn, and an open page misses nothing', async ({ ada, caller, cluster }) => {
  const dashboard = await ada.signIn();
  await dashboard.markDocument();
  const mine = await caller('ada');
  const ops = await caller('ops');

  let placed = 0;
  for (const instance of [...cluster.instances, ...cluster.instances]) {
    await instance.stop();
    // Whichever is left takes it.
    const order = await mine.placeOrder('mug:1');
    await ops.advanceOrder(order);
    placed += 1;
    await expect(dashboard.status(order.number)).toHaveText('Packed', { timeout: 20_000 });
    await expect(dashboard.orders).toHaveCount(placed);
    await expect(dashboard.unread).toHaveText(String(placed));
    await instance.start();
  }
  await dashboard.live();
  await dashboard.expectSameDocument();
});

test('people on different instances see what the others do, and the console says where each is', async ({ ada, ops, cluster }) => {
  const dashboard = await ada.signIn();
  const desk = await ops.signIn();
  // nginx gives each new stream to who holds the fewest.
  const connected = desk.page.getByTestId('connected').locator('li');
  await expect(connected).toHaveCount(2);
  await expect(connected.filter({ hasText: 'ada' })).toContainText(/on [ab]\b/);
  await expect.poll(async () => Promise.all(cluster.instances.map((instance) => instance.streams()))).toEqual([1, 1]);

  await dashboard.placeOrder('Stoneware mug', 1);
  const row = desk.page.getByTestId('order').first();
  await expect(row).toContainText('Placed');
  await connected.filter({ hasText: 'ada' }).getByRole('button', { name: 'Cut' }).click();
  // Told to the other instance, which cuts it; the page comes back by itself.
  await expect(dashboard.line).not.toHaveAttribute('data-state', 'live');
  await dashboard.live();
});
