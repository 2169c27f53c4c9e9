// A shop with thousands of orders: the console shows a page of them, stays fine-grained, and finds the others.

import { expect, test } from '../fixtures/test';
import { touchedNodes, watch } from '../fixtures/touched';

const ORDERS = 2_000;
const PAGE = 100;
/** The number that a new database begins with. */
const FIRST = 1_001;

test('2,000 orders: the console pages, a change touches its row alone, search finds one far down', { tag: '@phone' }, async ({ ops, caller }) => {
  test.setTimeout(180_000);
  const [ada, grace, staff] = [await caller('ada'), await caller('grace'), await caller('ops')];
  const far = await grace.placeOrder('kettle:1');
  for (let placed = 1; placed < ORDERS; placed += 10) {
    await Promise.all(Array.from({ length: Math.min(10, ORDERS - placed) }, () => ada.placeOrder('mug:1')));
  }
  expect(far.number).toBe(FIRST);

  const desk = await ops.signIn();
  await desk.markDocument();
  await expect(desk.orders).toHaveCount(PAGE);
  await expect(desk.page.getByRole('link', { name: `All ${ORDERS}`, exact: true })).toBeVisible();
  const newest = await ada.placeOrder('tea:1');
  await expect(desk.orders.first()).toContainText(String(newest.number));
  await expect(desk.orders, 'the oldest of them has made way').toHaveCount(PAGE);

  await watch(desk, desk.order(newest.number));
  await staff.advanceOrder(newest);
  await expect(desk.status(newest.number)).toHaveText('Packed');
  const touched = await touchedNodes(desk);
  expect(touched.inRow, 'the row has changed').toBeGreaterThan(0);
  expect(touched.elsewhere, 'nothing else has').toEqual([]);
  expect(touched.made, 'no element is made or taken away').toBe(0);
  await desk.expectSameDocument();

  await desk.page.getByRole('link', { name: 'Older' }).click();
  await expect(desk.order(newest.number - PAGE)).toBeVisible();
  await expect(desk.orders).toHaveCount(PAGE);

  await desk.page.getByRole('searchbox', { name: 'Search orders' }).fill('kettle');
  await desk.button('Search').click();
  await desk.live();
  await expect(desk.orders).toHaveCount(1);
  await staff.advanceOrder(far);
  await expect(desk.status(far.number), 'it lives there too').toHaveText('Packed');
  await desk.page.goto(`/console?q=${FIRST + 7}`);
  await expect(desk.orders).toHaveCount(1);
});
