// A shop with thousands of orders: the console shows one page of them, stays fine-grained, and finds the others.

import { recordMutations, recordedMutations } from '../fixtures/mutations';
import { expect, test } from '../fixtures/test';

const ORDERS = 2_000;
const PAGE_SIZE = 100;
/** The first order number of a new database. */
const FIRST = 1_001;

test('2,000 orders: the console has pages, a change touches its row alone, and search finds the oldest', { tag: '@phone' }, async ({ ops, signInToApi }) => {
  test.setTimeout(180_000);
  const [ada, grace, staff] = [await signInToApi('ada'), await signInToApi('grace'), await signInToApi('ops')];
  const oldest = await grace.placeOrder({ kettle: 1 });
  for (let placed = 1; placed < ORDERS; placed += 10) {
    await Promise.all(Array.from({ length: Math.min(10, ORDERS - placed) }, () => ada.placeOrder({ mug: 1 })));
  }
  expect(oldest.number).toBe(FIRST);

  const staffConsole = await ops.signIn();
  await staffConsole.markDocument();
  await expect(staffConsole.orders).toHaveCount(PAGE_SIZE);
  await expect(staffConsole.statusTab(`All ${ORDERS}`)).toBeVisible();
  const newest = await ada.placeOrder({ tea: 1 });
  await expect(staffConsole.orders.first()).toContainText(String(newest.number));
  await expect(staffConsole.orders, 'the last row has made room').toHaveCount(PAGE_SIZE);

  await recordMutations(staffConsole, newest.number);
  await staff.advanceOrder(newest);
  await expect(staffConsole.status(newest.number)).toHaveText('Packed');
  const mutations = await recordedMutations(staffConsole);
  expect(mutations.inRow, 'the row has changed').toBeGreaterThan(0);
  expect(mutations.elsewhere, 'nothing else has').toEqual([]);
  expect(mutations.elements, 'no element was added or removed').toBe(0);
  await staffConsole.expectSameDocument();

  await staffConsole.page.getByRole('link', { name: 'Older' }).click();
  await expect(staffConsole.order(newest.number - PAGE_SIZE)).toBeVisible();
  await expect(staffConsole.orders).toHaveCount(PAGE_SIZE);

  await staffConsole.searchFor('kettle');
  await staffConsole.waitUntilLive();
  await expect(staffConsole.orders).toHaveCount(1);
  await staff.advanceOrder(oldest);
  await expect(staffConsole.status(oldest.number), 'a search result is live too').toHaveText('Packed');
  await staffConsole.page.goto(`/console?q=${FIRST + 7}`);
  await expect(staffConsole.orders).toHaveCount(1);
});
