// Live is cheap: an event changes the row it is about, and no other part of the list is touched.

import { expect, test } from '../fixtures/test';
import { touchedNodes, watch } from '../fixtures/touched';

test('a change of an order touches its row alone, on the dashboard and on the console', { tag: '@phone' }, async ({ ada, ops, caller }) => {
  const customer = await caller('ada');
  await customer.placeOrder('mug:1');
  const order = await customer.placeOrder('tea:1');
  await customer.placeOrder('kettle:1');
  const tabs = await Promise.all([ada.signIn(), ops.signIn()]);
  for (const tab of tabs) await watch(tab, tab.order(order.number));

  await (await caller('ops')).advanceOrder(order);

  for (const tab of tabs) {
    await expect(tab.status(order.number)).toHaveText('Packed');
    const touched = await touchedNodes(tab);
    expect(touched.inRow, 'the row has changed').toBeGreaterThan(0);
    expect(touched.elsewhere, 'nothing else has').toEqual([]);
    expect(touched.made, 'no element is made or taken away').toBe(0);
  }
});
